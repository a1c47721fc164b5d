#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: gpu_check_result
version_added: "1.0.0"
short_description: Compare, show and keep what the tests of GPUs have measured
description:
  - Reads what the containers of all hosts have printed (C(gpu_check_printed)), compares each GPU with the others of its
    model, shows all of them as a table, and keeps the result in C(gpu-check.json) in the directory
    C(gpu_check_artifacts_directory) on the controller.
  - It fails where a test has failed, where a GPU is much slower than the others, and where one computes otherwise. The
    result is kept and returned all the same.
  - To be run with C(run_once) after M(distrain.cluster.gpu_check_decision).
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    support: none
    details: It is skipped in check mode, in which nothing is measured.
"""

EXAMPLES = r"""
- name: Compare, show and keep what was measured
  distrain.cluster.gpu_check_result:
  run_once: true
  register: gpu_check_result
"""

RETURN = r"""
gpus:
  description:
    - One entry for each GPU, with its C(host) and C(gpu); the C(teraflops) of its matrix products, which are the median
      over the test, and the C(teraflops_lowest); the C(copies) by their direction in gigabytes a second; the C(digest)
      of the product, and all C(digests) that it has had; and the C(problem) where its test has failed, else an empty
      text.
  returned: always
  type: list
  elements: dict
findings:
  description: What is wrong, the worst first, as M(distrain.cluster.preflight_decision) returns it.
  returned: always
  type: list
  elements: dict
"""
