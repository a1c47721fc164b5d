#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_nodes
short_description: Bring a manager's list of nodes in order for the hosts of an inventory
version_added: "1.0.0"
description:
  - Gives each host's node its availability, and takes off the list what the hosts have left behind there, which are
    entries that are down and have the host name or the address of a host that is a node under another ID by now.
  - Can also remove the nodes that are no host of the inventory.
  - A manager is demoted before it is removed, and only where the swarm keeps its quorum. Runs on a manager.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes
options:
  members:
    description: The hosts of the inventory.
    type: list
    elements: dict
    required: true
    suboptions:
      node_id:
        description: The host's node ID; empty where it is in no swarm.
        type: str
        default: ""
      hostname:
        description: The host's own name.
        type: str
        default: ""
      addresses:
        description: The addresses at which the host is a node.
        type: list
        elements: str
        default: []
      availability:
        description:
          - Whether the swarm may give the node work. Left as it is by default.
          - On a node that is drained no task of a service runs.
        type: str
        choices: ["", active, pause, drain]
        default: ""
  remove_unlisted:
    description: Drain and remove every node that is none of O(members) and has none of O(inventory_names).
    type: bool
    default: false
  inventory_names:
    description: Names and addresses of all hosts of the inventory. A node with one of them is never unlisted.
    type: list
    elements: str
    default: []
  timeout:
    description: How many seconds a node may take to be drained, or to be a worker after it was demoted.
    type: int
    default: 60
seealso:
  - module: community.docker.docker_node
    description: >-
      Changes one node, its labels too. This module brings the list of all nodes in order for an inventory in one
      task.
  - module: distrain.cluster.swarm_node
"""

EXAMPLES = r"""
- name: Remove what an earlier installation of a host has left in the list
  distrain.cluster.swarm_nodes:
    members:
      - node_id: 8tqv3hyt7ycwkgvuhrc9zpzsg
        hostname: gpu-02
        addresses: [198.18.1.12]
"""

RETURN = r"""
nodes:
  description: The nodes of the swarm, each as C(distrain.cluster.swarm_info) returns it.
  returned: success
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.nodes_plan import plan_nodes
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, Node
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.steps import change_node

MEMBER = {
    "node_id": {"type": "str", "default": ""},
    "hostname": {"type": "str", "default": ""},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "availability": {"type": "str", "choices": ["", "active", "pause", "drain"], "default": ""},
}
ARGUMENT_SPEC = {
    "members": {"type": "list", "elements": "dict", "required": True, "options": MEMBER},
    "remove_unlisted": {"type": "bool", "default": False},
    "inventory_names": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 60},
}


def observe(engine: Engine, params: Mapping[str, Any]) -> tuple[Node, ...]:
    if not Membership.from_info(engine.info()).is_manager:
        raise PlanError("This host is no manager of a swarm: it has no list of nodes.")
    return tuple(Node.from_api(node) for node in engine.nodes())


def report(nodes: tuple[Node, ...], params: Mapping[str, Any]) -> dict[str, Any]:
    return {"nodes": [node.as_result() for node in nodes]}


def main() -> None:
    run(Operation(observe, plan_nodes, change_node, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
