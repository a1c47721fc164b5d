#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_decision
version_added: "1.0.0"
short_description: Decide what each host needs to be a node of the swarm
description:
  - From what M(distrain.cluster.host_info) returned on every host, registered as C(fabric_observed),
    C(fabric_decision) and C(swarm_arguments), by the very plans of the modules that take the steps.
  - Fails where no swarm can be made, before anything is changed, and names the host, the variable, what was found and
    the remedy. What only one host is refused for is said by the module that takes its step.
  - Names the nodes that are no host of the inventory, where every host of it was asked.
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
options:
  settled:
    description: Whether the membership of the hosts has been settled since they were observed first.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Decide what each host needs
  distrain.cluster.swarm_decision:
  register: swarm_decision
  run_once: true

- name: Settle the membership of all hosts
  ansible.builtin.include_tasks: membership.yml
  when: swarm_decision.is_unsettled
"""

RETURN = r"""
hosts:
  description: What each host is to be, and needs.
  returned: success
  type: dict
  contains:
    state: {description: V(present) or V(absent)., type: str, sample: present}
    role: {description: V(manager) or V(worker)., type: str, sample: worker}
    advertise_addr: {description: The address at which the other nodes reach it., type: str, sample: 192.0.2.12}
    data_path_addr: {description: The address of the overlay's data., type: str, sample: 198.51.100.12}
    node_id: {description: The ID of its node; empty where it is none., type: str, sample: q7x0vmkzqszwk2w0h4m7sj3ss}
    is_manager: {description: Whether it is a manager now., type: bool, sample: false}
    membership:
      description: The steps of its membership; of V(init), V(join), V(leave) and V(entry) of the manager's list.
      type: list
      elements: str
      sample: []
    member: {description: The host as M(distrain.cluster.swarm_nodes) takes it., type: dict}
    keepalive:
      description:
        - In what the container that keeps the network there differs, whether it exists and has to be made anew, and its
          settings with their digest.
      type: dict
      sample: {differs: [container], exists: false, recreate: false}
    services: {description: The services that differ., type: list, elements: str, sample: [distrain-heal.service]}
    heal_waits: {description: Whether its engine waits for a manager., type: bool, sample: true}
    firewall: {description: The addresses by family and the port of the managers., type: dict, sample: {}}
    acts: {description: "Whether the network, its container or a service needs a step.", type: bool, sample: false}
    needs_python: {description: Whether a module that talks to the engine runs there., type: bool, sample: false}
is_unsettled:
  description: Whether the membership of any host needs a step.
  returned: success
  type: bool
  sample: false
network:
  description: The subnet and the MTU that the overlay network is to have, its ID, and whether it differs.
  returned: success
  type: dict
  sample: {subnet: 10.77.0.0/16, mtu: 1500, id: k3v6m2qzt1xw9r5b8c4n7d0fh, differs: false}
view:
  description: The membership of the first manager, as M(distrain.cluster.swarm_info) returns it.
  returned: success
  type: dict
working_managers:
  description: The other managers whose swarm works.
  returned: success
  type: list
  elements: str
members:
  description: All hosts as M(distrain.cluster.swarm_nodes) takes them.
  returned: success
  type: list
  elements: dict
node_ids:
  description: The IDs of the nodes that are to stay.
  returned: success
  type: list
  elements: str
inventory_names:
  description: All names and addresses of the inventory.
  returned: success
  type: list
  elements: str
carriers:
  description: The hosts that are to carry the overlay network; no node that is drained or paused does.
  returned: success
  type: list
  elements: str
endpoints:
  description: Their containers, for M(distrain.cluster.network_probe).
  returned: success
  type: list
  elements: dict
unlisted:
  description: A sentence for each node that is no host of the inventory.
  returned: success
  type: list
  elements: str
"""
