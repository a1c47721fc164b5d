#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_node
short_description: Change a node's entry in a manager's list
version_added: "1.0.0"
description:
  - Promotes or demotes a node of the swarm, drains it, or takes a node that is gone off the list.
  - Refuses to demote a manager where the swarm would lose its quorum.
  - Runs on a manager.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes
options:
  node_id:
    description: The ID of the node.
    type: str
    required: true
  state:
    description:
      - Whether the node is to be on the list.
      - V(present) never adds a node, since a host joins by itself. An unknown node is an error then.
    type: str
    choices: [present, absent]
    default: present
  role:
    description: The role that the node is to have. Left as it is by default.
    type: str
    choices: [worker, manager]
  availability:
    description:
      - Whether the swarm may give the node work. Left as it is by default.
      - With V(drain) the module waits until no task of a service runs on the node.
    type: str
    choices: [active, pause, drain]
  force:
    description: Take the node off the list even while it is Ready.
    type: bool
    default: false
  timeout:
    description:
      - How many seconds a node may take to act in its new role, to be drained, or to be seen as Down after it has left.
    type: int
    default: 30
seealso:
  - module: community.docker.docker_node
    description: >-
      Changes a node's role and availability too, and its labels. Take it for labels. This module knows a node by its
      ID, refuses to demote a manager where the swarm would lose its quorum, waits until a drained node runs no task
      any more, and takes a node off the list.
  - module: distrain.cluster.swarm_join
"""

EXAMPLES = r"""
- name: Promote a node
  distrain.cluster.swarm_node:
    node_id: 8tqv3hyt7ycwkgvuhrc9zpzsg
    role: manager

- name: Take a node that is gone off the list
  distrain.cluster.swarm_node:
    node_id: 8tqv3hyt7ycwkgvuhrc9zpzsg
    state: absent
"""

RETURN = r"""
node:
  description: The node's entry, as C(distrain.cluster.swarm_info) returns it; empty where there is none.
  returned: success
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.wait import wait_until
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.nodes_plan import plan_node
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, Node
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.steps import change_node, find_node

ARGUMENT_SPEC = {
    "node_id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "role": {"type": "str", "choices": ["worker", "manager"]},
    "availability": {"type": "str", "choices": ["active", "pause", "drain"]},
    "force": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 30},
}


def observe(engine: Engine, params: Mapping[str, Any]) -> tuple[Node, ...]:
    if not Membership.from_info(engine.info()).is_manager:
        raise PlanError("This host is no manager of a swarm: it has no list of nodes.")
    if params["state"] == "absent" and not params["force"]:
        _wait_until_settled(engine, params)
    return tuple(Node.from_api(node) for node in engine.nodes())


def report(nodes: tuple[Node, ...], params: Mapping[str, Any]) -> dict[str, Any]:
    node = next((one for one in nodes if one.id == params["node_id"]), None)
    return {"node": node.as_result() if node else {}}


def _wait_until_settled(engine: Engine, params: Mapping[str, Any]) -> None:
    """A node that has left is still listed as Ready for some seconds."""

    def describe(node: Node | None) -> str:
        seen = f"{node.role}, and {node.state}" if node else "node"
        return f"node {params['node_id']} is still a {seen}. Have it leave the swarm first, or set the option force."

    wait_until(
        lambda: find_node(engine, params["node_id"]),
        lambda node: node is None or (node.role == "worker" and not node.is_ready),
        describe,
        params["timeout"],
    )


def main() -> None:
    run(Operation(observe, plan_node, change_node, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
