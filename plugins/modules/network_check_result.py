#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: network_check_result
version_added: "1.0.0"
short_description: Judge, show and keep what the network check measured
description:
  - Reads what the containers of all hosts have written (C(network_check_written)) and how they ended
    (C(network_check_ended)), compares it with the baseline of these hosts, shows it as a table, and keeps it in
    C(network-check.json) in the directory C(network_check_artifacts_directory) on the controller.
  - It fails where a network did not carry the all-reduces, or where a size of message has become slower than in the
    baseline. The result is kept and returned all the same.
  - To be run with C(run_once) after M(distrain.cluster.network_check_decision).
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    support: none
    details: It is skipped in check mode, in which nothing is measured.
"""

EXAMPLES = r"""
- name: Judge, show and keep what was measured
  distrain.cluster.network_check_result:
  run_once: true
  register: network_check_result
"""

RETURN = r"""
cluster:
  description: The hosts with the addresses of their data path, by which the baseline is found.
  returned: always
  type: str
rows:
  description: By size of message the seconds and bandwidths in bytes per second on each network, and their ratio.
  returned: always
  type: list
  elements: dict
problems:
  description: Why a network did not carry the all-reduces.
  returned: always
  type: list
  elements: dict
overlay_cost_percent:
  description: How much of their bandwidth the overlay costs large messages, in percent; null where it is not known.
  returned: always
  type: float
network:
  description: The network that a job should use, C(overlay) or C(host); empty where none can be recommended.
  returned: always
  type: str
reason:
  description: Why that one.
  returned: always
  type: str
remedy:
  description: What to set where jobs use another one now.
  returned: always
  type: str
tunings:
  description:
    - For each network the tuning with the most bandwidth for large messages, as its C(name), its C(environment) and its
      C(gain_percent) over the default; C(sizes) has the seconds of each size with each tuning.
  returned: always
  type: dict
regressions:
  description: The sizes that have lost bandwidth since the baseline, with both figures.
  returned: always
  type: list
  elements: dict
"""
