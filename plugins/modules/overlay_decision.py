#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: overlay_decision
version_added: "1.0.0"
short_description: Refuse an overlay network that does not carry
description:
  - From what M(distrain.cluster.network_probe) measured between containers on an overlay network to its matrix, and to
    what is wrong with it and why.
  - Prints the matrix, keeps it in C(overlay-matrix.json), and fails where a pair of hosts is not well.
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
options:
  hosts:
    description: The hosts that have measured.
    type: list
    elements: str
    required: true
  network:
    description: The name of the network.
    type: str
    required: true
  encrypted:
    description: Whether its data is encrypted.
    type: bool
    default: false
  data_path_port:
    description: The UDP port that carries it between the hosts.
    type: int
    default: 4789
  listened:
    description: As what each host has registered M(distrain.cluster.network_listen).
    type: str
    required: true
  probed:
    description: As what each host has registered M(distrain.cluster.network_probe).
    type: str
    required: true
  artifacts_directory:
    description: Where the matrix is kept on the controller; empty for nowhere.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Refuse an overlay network that does not carry
  distrain.cluster.overlay_decision:
    hosts: "{{ ansible_play_hosts }}"
    network: distrain
    listened: swarm_listening
    probed: swarm_probed
  register: swarm_overlay
  run_once: true
"""

RETURN = r"""
network:
  description: The name of the network.
  returned: always
  type: str
  sample: distrain
whole:
  description: Whether every pair of hosts is well.
  returned: always
  type: bool
  sample: true
matrix:
  description: For each pair of hosts resolved, ms, mtu, path_mtu, mbits and verdict.
  returned: success
  type: list
  elements: dict
problems:
  description: What is wrong; each problem has cause, host, found and remedy.
  returned: always
  type: list
  elements: dict
"""
