#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_init
short_description: Make a host the first manager of a swarm
version_added: "1.0.0"
description:
  - Initialises a swarm on a host that is in none, or has a manager leave its swarm.
  - A host that is a node of another swarm already is refused, unless O(leave_foreign) is true.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes
options:
  state:
    description:
      - V(present) makes the host the manager of a new swarm, and leaves an existing manager as it is.
      - V(absent) has a manager leave its swarm. A swarm is lost with its last manager.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Leave the swarm even though this host is a manager of it. Used with O(state=absent) only.
    type: bool
    default: false
  leave_foreign:
    description: Leave a swarm of which this host is a worker, or which no longer answers.
    type: bool
    default: false
  advertise_addr:
    description:
      - The address, or the name of the interface, at which the other nodes reach this manager.
      - The engine chooses where there is one address only. With several, it asks for this one.
      - An address that differs from the one of an existing manager is refused.
    type: str
  listen_addr:
    description: The address and port at which the manager listens.
    type: str
    default: 0.0.0.0:2377
  data_path_addr:
    description:
      - The address, or the name of the interface, that carries the overlay networks' data. The default is that of
        O(advertise_addr).
      - Takes effect when the swarm is made only, since the engine does not report it afterwards.
    type: str
  data_path_port:
    description:
      - The UDP port that carries the overlay networks' data between the nodes, from 1024 to 49151. The engine's default
        is 4789, which networks of virtual machines may keep to themselves.
      - A swarm keeps the port with which it was made; another one is refused then.
    type: int
  default_addr_pool:
    description:
      - The address ranges from which the swarm gives subnets to networks that ask for none. The engine's default is
        10.0.0.0/8. Takes effect when the swarm is made only.
    type: list
    elements: str
  subnet_size:
    description:
      - The prefix length of such a subnet, in bits. The engine's default is 24. Takes effect when the swarm is made
        only.
    type: int
  working_managers:
    description:
      - The names of other hosts that are to be managers and that manage a swarm which works. With any of them a host
        that is in no swarm is refused, since a second swarm would split the cluster, unless O(leave_foreign) is true.
    type: list
    elements: str
    default: []
seealso:
  - module: community.docker.docker_swarm
    description: >-
      Makes a swarm too, and changes what is set of one, such as autolock, rotation of certificates and labels. Take
      it for these. This module is for the first step of a cluster of which an inventory is the truth: a host that is
      a node elsewhere is refused with its managers' names, or with a single option leaves, and what was made is
      observed again.
  - module: distrain.cluster.swarm_join
"""

EXAMPLES = r"""
- name: Initialise the swarm
  distrain.cluster.swarm_init:
    advertise_addr: "{{ ansible_facts.default_ipv4.address }}"

- name: Give the swarm up
  distrain.cluster.swarm_init:
    state: absent
    force: true
"""

RETURN = r"""
swarm_id:
  description: The ID of the swarm; empty in check mode where there is none yet, and where the host has left it.
  returned: success
  type: str
node_id:
  description: The node ID of this host, empty in the same cases.
  returned: success
  type: str
swarm:
  description: What C(distrain.cluster.swarm_info) would return now, without tokens.
  returned: success
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.plan import plan_init
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, Node
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.steps import (
    leave,
    observe_nodes,
    observe_settled_membership,
    swarm_facts,
)

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "force": {"type": "bool", "default": False},
    "leave_foreign": {"type": "bool", "default": False},
    "advertise_addr": {"type": "str"},
    "listen_addr": {"type": "str", "default": "0.0.0.0:2377"},
    "data_path_addr": {"type": "str"},
    "data_path_port": {"type": "int"},
    "default_addr_pool": {"type": "list", "elements": "str"},
    "subnet_size": {"type": "int"},
    "working_managers": {"type": "list", "elements": "str", "default": []},
}


class Init:
    """What a run of the module has to remember: the nodes that the manager listed when it was observed last."""

    def __init__(self) -> None:
        self._nodes: tuple[Node, ...] = ()

    def observe(self, engine: Engine, params: Mapping[str, Any]) -> Membership:
        membership = observe_settled_membership(engine, params)
        self._nodes = observe_nodes(engine, membership)
        return membership

    def report(self, membership: Membership, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "swarm_id": membership.swarm_id,
            "node_id": membership.node_id,
            "swarm": swarm_facts(membership, self._nodes),
        }


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    if step.verb == "leave":
        leave(engine, step, params)
    else:
        engine.init_swarm(
            advertise_addr=params["advertise_addr"],
            listen_addr=params["listen_addr"],
            data_path_addr=params["data_path_addr"],
            default_addr_pool=params["default_addr_pool"],
            subnet_size=params["subnet_size"],
            data_path_port=params["data_path_port"],
        )


def main() -> None:
    init = Init()
    run(Operation(init.observe, plan_init, apply, init.report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
