# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observing, leaving, and changing a node's entry, as the swarm modules share them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.errors import TimedOut
from ..base.plan import Step
from ..base.wait import wait_until
from ..engine.sdk import Engine
from .membership import observe_local_membership
from .plan import refuse_taken_gossip_port
from .state import Membership, Node

GOSSIP_SECONDS = 10
ELECTION_SECONDS = 30


def observe_membership(engine: Engine, params: Mapping[str, Any]) -> Membership:
    # Only for an engine on this host do the host's own ports and interfaces say anything.
    if not params["docker_host"].startswith("unix:"):
        return Membership.from_info(engine.info())
    return observe_local_membership(engine.info())


def observe_settled_membership(engine: Engine, params: Mapping[str, Any]) -> Membership:
    """Give managers that were started a moment ago, and all answer, the time to choose their leader."""

    def is_settled(membership: Membership) -> bool:
        waits = bool(membership.node_id) and (membership.state == "pending" or bool(membership.error))
        return not waits or bool(membership.silent_managers)

    try:
        return wait_until(
            lambda: observe_membership(engine, params),
            is_settled,
            lambda membership: membership.error or membership.state,
            ELECTION_SECONDS,
        )
    except TimedOut:
        return observe_membership(engine, params)


def observe_nodes(engine: Engine, membership: Membership) -> tuple[Node, ...]:
    """The nodes as this manager lists them; none where it cannot."""
    if not membership.is_manager or membership.error:
        return ()
    return tuple(Node.from_api(node) for node in engine.nodes())


def swarm_facts(membership: Membership, nodes: tuple[Node, ...]) -> dict[str, Any]:
    """The result of swarm_info."""
    return {**membership.as_facts(), "nodes": [node.as_result() for node in nodes]}


def leave(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    """Leave; and where the host is to be in a swarm next, do not go on before the engine has let its port go."""
    engine.leave_swarm(step.arguments["force"])
    if params["state"] == "absent":
        return
    try:
        wait_until(
            lambda: observe_membership(engine, params),
            lambda membership: not membership.gossip_port_taken,
            lambda membership: "the engine still listens at its port for gossip.",
            GOSSIP_SECONDS,
        )
    except TimedOut:
        refuse_taken_gossip_port(observe_membership(engine, params))


def change_node(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    """Carry out one step on a node's entry, and wait until it has come into effect."""
    node_id = step.arguments["node_id"]
    if step.verb == "remove":
        engine.remove_node(node_id, step.arguments["force"])
    elif step.verb == "set_role":
        engine.set_node_role(node_id, step.arguments["role"])
        _wait_for_role(engine, node_id, step.arguments["role"], params["timeout"])
    else:
        engine.set_node_availability(node_id, step.arguments["availability"])
        if step.arguments["availability"] == "drain":
            _wait_until_drained(engine, node_id, params["timeout"])


def find_node(engine: Engine, node_id: str) -> Node | None:
    return next((node for node in map(Node.from_api, engine.nodes()) if node.id == node_id), None)


def _wait_for_role(engine: Engine, node_id: str, role: str, timeout: int) -> None:
    """A node is listed with its new role at once, and enters or leaves the managers' quorum some seconds later."""

    def has_role(node: Node | None) -> bool:
        return node is not None and bool(node.manager_address) == (role == "manager")

    wait_until(
        lambda: find_node(engine, node_id),
        has_role,
        lambda node: f"node {node_id} was made a {role}, but does not act as one yet.",
        timeout,
    )


def _wait_until_drained(engine: Engine, node_id: str, timeout: int) -> None:
    """The services' tasks move elsewhere. What else runs on the overlay is no service, and stays."""
    wait_until(
        lambda: [task for task in engine.running_tasks(node_id) if task.get("ServiceID")],
        lambda tasks: not tasks,
        lambda tasks: f"{len(tasks)} tasks of services still run on node {node_id}, though it is drained.",
        timeout,
    )
