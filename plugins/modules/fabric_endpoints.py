#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: fabric_endpoints
version_added: "1.0.0"
short_description: Where to measure between the hosts of a play
description:
  - From what M(distrain.cluster.host_info) returned on every host, registered as C(fabric_observed), to the interfaces
    that may connect them, and to the hosts that are to measure, by C(fabric_arguments.measure).
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Find the interfaces that may connect the hosts
  distrain.cluster.fabric_endpoints:
  register: fabric_endpoints
  run_once: true
"""

RETURN = r"""
endpoints:
  description: Every interface of every network that may connect the hosts, for M(distrain.cluster.network_probe).
  returned: success
  type: list
  elements: dict
  sample: [{network: 192.0.2.0/24, host: gpu-01, address: 192.0.2.11, mtu: 1500}]
hosts:
  description: The hosts that are to measure; empty where nothing is measured.
  returned: success
  type: list
  elements: str
  sample: [gpu-01, gpu-02]
token:
  description: A new secret for M(distrain.cluster.network_listen); the whole result is therefore shown nowhere.
  returned: success
  type: str
measured:
  description: What an earlier play of this run measured, where that is used instead.
  returned: success
  type: list
  elements: dict
"""
