#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_layout
version_added: "1.0.0"
short_description: Lay out the hosts of a lab, for the role lab alone
description:
  - Reads C(lab_arguments) and returns the hosts of the lab with their names, containers, SSH ports, interfaces,
    addresses and GPUs. Interfaces that no lab host can have are an error that names them, and so are more GPUs than
    this machine has.
  - It is part of the lab, in which the collection is tested and demonstrated, and of no use on hosts of one's own.
  - To be registered as C(lab_layout).
extends_documentation_fragment:
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Lay out the lab
  distrain.cluster.lab_layout:
  register: lab_layout
"""

RETURN = r"""
interfaces:
  description: The interfaces of each host, the first one with SSH and the default route.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Its name in the lab., type: str}
    network: {description: Its network., type: str}
    mtu: {description: Its MTU in bytes., type: int}
    rate: {description: Its rate as tc takes it; empty for no limit., type: str}
    isolated: {description: Whether it has an address and a carrier and no peer., type: bool}
needs_files:
  description: Whether a host has to set up interfaces by itself when it boots.
  returned: success
  type: bool
networks:
  description: The engine's networks between the hosts, beside the first one.
  returned: success
  type: list
  elements: dict
hosts:
  description: The hosts in the order of their numbers.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Its name., type: str, sample: gpu-01}
    container: {description: The name of its container., type: str, sample: distrain-lab-gpu-01}
    ssh_port: {description: The port of the machine at which its SSH server answers., type: int, sample: 22001}
    addresses: {description: Its address by the name of the interface., type: dict}
    attachments: {description: The networks to attach it to with its addresses., type: list, elements: dict}
    gpus: {description: Its GPUs by the numbers of their device nodes on this machine., type: list, elements: int}
    gpu_arguments: {description: The arguments of docker create that give them to it., type: list, elements: str}
    hidden_gpus: {description: The directories that list GPUs of other hosts., type: list, elements: str}
missing_capabilities:
  description: The Linux capabilities that this machine cannot lend its hosts.
  returned: success
  type: list
  elements: str
"""
