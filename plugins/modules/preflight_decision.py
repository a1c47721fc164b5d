#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_decision
version_added: "1.0.0"
short_description: Refuse everything that stands in the way of a cluster at once
description:
  - From what M(distrain.cluster.host_info) returned on every host, registered as C(fabric_observed), what
    M(distrain.cluster.network_probe) measured, registered as C(fabric_probed) if at all, C(fabric_decision) and
    C(preflight_arguments).
  - Prints the interfaces and networks that would be used and the findings as tables, keeps both with the measurements
    in C(preflight.json), and fails with all errors. Hosts that were not reached are findings too.
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
options:
  show:
    description: Whether to print the tables.
    type: bool
    default: true
  refuse:
    description: Whether to fail where there are errors among the findings.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Refuse everything that stands in the way at once
  distrain.cluster.preflight_decision:
  register: preflight_decision
  run_once: true
"""

RETURN = r"""
findings:
  description: The findings, worst first; severity is error, warning or note.
  returned: success
  type: list
  elements: dict
  sample: [{host: gpu-02, severity: warning, subject: clock, found: its clock is 3.0 s behind, remedy: Set it.}]
"""
