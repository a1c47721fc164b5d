#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: gpu_check_decision
version_added: "1.0.0"
short_description: Decide which GPUs of each host are tested, and by which container
description:
  - Reads C(gpu_check_arguments), C(gpu_check_gpus) (of M(distrain.cluster.gpu_info)) and C(gpu_check_observed) (of
    M(distrain.cluster.network_check_info)) of the hosts to test.
  - Hosts that the run leaves out, hosts without the same image or without a GPU, running jobs, and processes that use a
    GPU are errors that name the host and what was found.
  - To be run with C(run_once), and registered as C(gpu_check_decision). In check mode it also says what would be
    tested.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Decide what each host tests
  distrain.cluster.gpu_check_decision:
  run_once: true
  register: gpu_check_decision
"""

RETURN = r"""
hosts:
  description: What each host tests, by its name.
  returned: success
  type: dict
  contains:
    gpus:
      description: The GPUs that are tested, each with its C(index), C(uuid), C(model) and C(pci_address).
      type: list
      elements: dict
    container:
      description: The parameters of the container, as M(community.docker.docker_container) takes them.
      type: dict
"""
