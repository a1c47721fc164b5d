#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: fabric_decision
version_added: "1.0.0"
short_description: Choose the interfaces and the networks of a cluster
description:
  - From what M(distrain.cluster.host_info) returned on every host, registered as C(fabric_observed), what
    M(distrain.cluster.network_probe) measured, registered as C(fabric_probed) if at all, and C(fabric_arguments).
  - What is set by hand wins, what a swarm of these hosts has already is kept, and only the rest is chosen.
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
options:
  show:
    description: Whether every choice is printed with its reason.
    type: bool
    default: true
  refuse:
    description: Whether it fails where the choice cannot be made; else RV(problem) says why.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Choose the interfaces and the networks
  distrain.cluster.fabric_decision:
  register: fabric_decision
  run_once: true
"""

RETURN = r"""
problem:
  description: Why nothing could be chosen; empty otherwise.
  returned: success
  type: str
  sample: ""
choices:
  description: Every choice.
  returned: success
  type: list
  elements: dict
  sample: [{what: advertise address, host: gpu-01, value: 192.0.2.11, reason: set by hand}]
table:
  description: The choices as lines, each reason once below the choices in a row that share it.
  returned: success
  type: list
  elements: str
  sample: ["advertise address  gpu-01  192.0.2.11", "    because: set by hand"]
hosts:
  description: By host its advertise_addr, data_path_addr and environment, which a job on the host's network finds.
  returned: success
  type: dict
  sample: {gpu-01: {advertise_addr: 192.0.2.11, data_path_addr: 198.51.100.11, environment: {}}}
data_path_addrs:
  description: The data path addresses by host.
  returned: success
  type: dict
  sample: {gpu-01: 198.51.100.11}
overlay:
  description: The MTU of the interfaces below the overlay network, in bytes, and its subnet.
  returned: success
  type: dict
  sample: {mtu: 9000, subnet: 10.77.0.0/16}
job_network:
  description: What carries a job; V(overlay) or V(host).
  returned: success
  type: str
  sample: overlay
"""
