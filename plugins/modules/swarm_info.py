#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_info
short_description: Read what an engine knows about its swarm
version_added: "1.0.0"
description:
  - Reads the swarm membership of a host's engine and, on a manager, the nodes of the swarm.
  - Can wait, on a manager, until given nodes are Ready.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.engine.attributes
attributes:
  check_mode:
    support: full
    details: The module changes nothing.
  diff_mode:
    support: none
    details: The module changes nothing.
  idempotent:
    support: full
options:
  join_token_role:
    description:
      - Also return the token with which a host joins as a node of this role. Works on a manager only.
      - Set C(no_log) to true on such a task, since the token is a secret.
    type: str
    choices: [worker, manager]
  wait_for_ready:
    description:
      - The IDs of nodes to wait for. Works on a manager only.
      - The module returns once this manager lists each of them as Ready.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - How many seconds to wait for O(wait_for_ready).
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Read the swarm
  distrain.cluster.swarm_info:
  register: swarm

- name: Wait until a node is Ready
  distrain.cluster.swarm_info:
    wait_for_ready:
      - 8tqv3hyt7ycwkgvuhrc9zpzsg
    timeout: 60
"""

RETURN = r"""
active:
  description: Whether the host is an active node of a swarm.
  returned: success
  type: bool
state:
  description: The state in the engine's words, one of inactive, pending, active, error, locked.
  returned: success
  type: str
  sample: active
is_manager:
  description: Whether the host is a manager.
  returned: success
  type: bool
swarm_id:
  description: The ID of the swarm; empty where the host is no manager.
  returned: success
  type: str
node_id:
  description: The host's own node ID; empty where it is in no swarm.
  returned: success
  type: str
node_address:
  description: The address which the host advertises.
  returned: success
  type: str
  sample: 198.18.1.11
error:
  description: What the engine says is wrong with its membership; empty where nothing is.
  returned: success
  type: str
manager_addresses:
  description: The addresses of the swarm's managers, with their ports.
  returned: success
  type: list
  elements: str
  sample: ["198.18.1.11:2377"]
nodes:
  description: The nodes of the swarm; empty where the host is no manager, or its swarm has no leader.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The node's ID.
      type: str
    hostname:
      description: The node's host name.
      type: str
    role:
      description: V(worker) or V(manager).
      type: str
    state:
      description: The node's state, for example V(ready) or V(down).
      type: str
    availability:
      description: The node's availability, one of V(active), V(pause), V(drain).
      type: str
    address:
      description: The address at which the managers see the node.
      type: str
    manager_address:
      description: The address and port of a manager; empty for a worker.
      type: str
join_token:
  description: The secret with which a host joins.
  returned: when O(join_token_role) is given
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.engine import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.errors import Refused
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info
from ansible_collections.distrain.cluster.plugins.module_utils.swarm_state import Membership, Node
from ansible_collections.distrain.cluster.plugins.module_utils.wait import wait_until

ARGUMENT_SPEC = {
    "join_token_role": {"type": "str", "choices": ["worker", "manager"], "no_log": False},
    "wait_for_ready": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 120},
}


def observe(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    membership = Membership.from_info(engine.info())
    if not membership.is_manager and (params["join_token_role"] or params["wait_for_ready"]):
        raise Refused("This host is no manager of a swarm: it has no join tokens and no list of nodes.")
    if membership.error and (params["join_token_role"] or params["wait_for_ready"]):
        raise Refused(f"This host is a manager, but its swarm does not work: {membership.error}.")
    result = {
        "active": membership.state == "active",
        "state": membership.state,
        "is_manager": membership.is_manager,
        "swarm_id": membership.swarm_id,
        "node_id": membership.node_id,
        "node_address": membership.node_address,
        "error": membership.error,
        "manager_addresses": list(membership.manager_addresses),
        "nodes": [],
    }
    if membership.is_manager and not membership.error:
        nodes = _wait_for_ready(engine, params["wait_for_ready"], params["timeout"])
        result["nodes"] = [node.as_result() for node in nodes]
    if params["join_token_role"]:
        result["join_token"] = (engine.swarm() or {})["JoinTokens"][params["join_token_role"].capitalize()]
    return result


def _wait_for_ready(engine: Engine, node_ids: list[str], timeout: int) -> list[Node]:
    def missing(nodes: list[Node]) -> list[str]:
        states = {node.id: node for node in nodes}
        return [
            f"{node_id} ({states[node_id].hostname}: {states[node_id].state})"
            if node_id in states
            else f"{node_id} (unknown)"
            for node_id in node_ids
            if node_id not in states or not states[node_id].is_ready
        ]

    return wait_until(
        lambda: [Node.from_api(node) for node in engine.nodes()],
        lambda nodes: not missing(nodes),
        lambda nodes: "the manager does not list these nodes as Ready: " + ", ".join(missing(nodes)) + ".",
        timeout,
    )


def main() -> None:
    run_info(observe, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
