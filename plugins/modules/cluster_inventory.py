#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_inventory
version_added: 1.0.0
short_description: Write an inventory from the names of hosts, or complete one
description:
  - Writes C(hosts.yml), C(group_vars/all.yml) and C(ansible.cfg) into a directory on the controller, with comments that
    say what is worth changing.
  - Of an inventory that exists, nothing is removed or rewritten. Hosts that it lacks are added to the group C(workers),
    and the trainer where none is said. What contradicts it is an error.
  - It is what C(playbooks/init.yml) runs.
options:
  directory:
    description: The directory of the inventory.
    type: path
    required: true
  hosts:
    description:
      - The names of the hosts, each with its address where its name does not resolve, as in V(gpu-01=192.0.2.11).
      - In a new inventory the first one becomes a manager and the others become workers.
    type: list
    elements: str
    required: true
  trainer:
    description: The name of a trainer; empty for none.
    type: str
    default: ""
  user:
    description: The user that Ansible logs in as; empty for none.
    type: str
    default: ""
notes:
  - This module is carried out by an action plugin of the same name, on the controller.
extends_documentation_fragment:
  - distrain.cluster.attributes
"""

EXAMPLES = r"""
- name: Write an inventory of two hosts
  distrain.cluster.cluster_inventory:
    directory: my-cluster
    hosts: [gpu-01=192.0.2.11, gpu-02=192.0.2.12]
    trainer: llama_factory
"""

RETURN = r"""
files:
  description: The paths of the files that were written, or would be.
  returned: success
  type: list
  elements: path
"""
