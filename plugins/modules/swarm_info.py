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
  - distrain.cluster.attributes.info
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
    description: How many seconds to wait for O(wait_for_ready).
    type: int
    default: 120
seealso:
  - module: community.docker.docker_swarm_info
    description: >-
      Also lists services and tasks, and shows the swarm's settings. Take it for these. This module also answers on a
      worker and on a host in no swarm, and can wait until nodes are Ready.
  - module: community.docker.docker_node_info
    description: The whole of what Docker has of a node.
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
data_path_port:
  description:
    - The UDP port that carries the overlay networks' data between the nodes. Known to managers only, V(0) elsewhere.
  returned: success
  type: int
  sample: 4789
silent_managers:
  description:
    - Those of the managers other than this host at which nothing answers. Looked for only where the membership does not
      work.
  returned: success
  type: list
  elements: str
  sample: []
hostname:
  description: The name that the engine gives its host, which is the one in the list of nodes.
  returned: success
  type: str
  sample: gpu-a
host_addresses:
  description: The addresses of the host's interfaces; V(none) where O(docker_host) is no socket on the host.
  returned: success
  type: list
  elements: str
  sample: ["127.0.0.1", "198.18.1.11"]
gossip_port_taken:
  description: Whether something on the host listens at port 7946.
  returned: success
  type: bool
nodes:
  description: The nodes of the swarm; empty where the host is no manager, or its swarm has no leader.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: The node's ID., type: str}
    hostname: {description: The node's host name., type: str}
    role: {description: V(worker) or V(manager)., type: str}
    state: {description: "The node's state, for example V(ready) or V(down).", type: str}
    availability: {description: "The node's availability, one of V(active), V(pause), V(drain).", type: str}
    address: {description: The address at which the managers see the node., type: str}
    manager_address: {description: The address and port of a manager; empty for a worker., type: str}
    reachability:
      description: Whether the other managers reach a manager, V(reachable) or V(unreachable); empty for a worker.
      type: str
join_token:
  description: The secret with which a host joins.
  returned: when O(join_token_role) is given
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.wait import wait_until
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.messages import explain_lost_quorum
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, Node
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.steps import (
    observe_membership,
    observe_nodes,
    swarm_facts,
)

ARGUMENT_SPEC = {
    "join_token_role": {"type": "str", "choices": ["worker", "manager"], "no_log": False},
    "wait_for_ready": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 120},
}


def observe(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    membership = observe_membership(engine, params)
    if params["join_token_role"] or params["wait_for_ready"]:
        _refuse_without_leader(membership)
    if membership.is_manager and params["wait_for_ready"]:
        nodes = _wait_for_ready(engine, params["wait_for_ready"], params["timeout"])
    else:
        nodes = observe_nodes(engine, membership)
    result = swarm_facts(membership, nodes)
    if params["join_token_role"]:
        result["join_token"] = (engine.swarm() or {})["JoinTokens"][params["join_token_role"].capitalize()]
    return result


def _refuse_without_leader(membership: Membership) -> None:
    if not membership.is_manager:
        raise PlanError("This host is no manager of a swarm: it has no join tokens and no list of nodes.")
    if membership.error:
        raise PlanError(explain_lost_quorum(membership))


def _wait_for_ready(engine: Engine, node_ids: list[str], timeout: int) -> tuple[Node, ...]:
    def missing(nodes: tuple[Node, ...]) -> list[str]:
        states = {node.id: node for node in nodes}
        return [
            f"{node_id} ({states[node_id].hostname}: {states[node_id].state})"
            if node_id in states
            else f"{node_id} (unknown)"
            for node_id in node_ids
            if node_id not in states or not states[node_id].is_ready
        ]

    return wait_until(
        lambda: tuple(Node.from_api(node) for node in engine.nodes()),
        lambda nodes: not missing(nodes),
        lambda nodes: "the manager does not list these nodes as Ready: " + ", ".join(missing(nodes)) + ".",
        timeout,
    )


def main() -> None:
    run_info(observe, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
