# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the nodes of a manager's list to the wanted ones: roles, availability, and the nodes to be removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from .state import Node

ABSENT = {"state": "absent"}
Nodes = Sequence[Node]


@dataclass(frozen=True)
class Member:
    """A host of the inventory; ``node_id`` is empty where it is in no swarm, ``availability`` where it is to leave."""

    node_id: str
    hostname: str
    addresses: frozenset[str]
    availability: str

    @classmethod
    def from_params(cls, given: Mapping[str, Any]) -> Member:
        return cls(
            node_id=given.get("node_id") or "",
            hostname=given.get("hostname") or "",
            addresses=frozenset(given.get("addresses") or ()),
            availability=given.get("availability") or "",
        )

    def was(self, node: Node) -> bool:
        """Whether the entry is of this host, from an earlier time in the swarm."""
        same = node.hostname == self.hostname or bool(node.addresses & self.addresses)
        return bool(self.hostname) and node.id != self.node_id and same


def plan_node(nodes: Nodes, params: Mapping[str, Any]) -> Plan:
    """The steps to give one node of the list its role and availability, or to take it off the list."""
    node = next((one for one in nodes if one.id == params["node_id"]), None)
    if params["state"] == "absent":
        if node is None:
            return Plan(before=ABSENT, after=ABSENT)
        _refuse_removal(node, params["force"])
        return Plan((Step("remove", {"node_id": node.id, "force": params["force"]}),), _node_result(node), ABSENT)
    if node is None:
        raise PlanError(f"No node with the ID {params['node_id']} is in the swarm of this manager.")
    wanted = {"role": params["role"] or node.role, "availability": params["availability"] or node.availability}
    steps = []
    if wanted["availability"] != node.availability:
        steps.append(Step("set_availability", {"node_id": node.id, "availability": wanted["availability"]}))
    if wanted["role"] != node.role:
        if wanted["role"] == "worker":
            _refuse_demotion(nodes, node)
        steps.append(Step("set_role", {"node_id": node.id, "role": wanted["role"]}))
    return Plan(tuple(steps), _node_result(node), {**_node_result(node), **wanted})


def plan_nodes(nodes: Nodes, params: Mapping[str, Any]) -> Plan:
    """The steps to bring the whole list in order for the hosts of the inventory."""
    members = [Member.from_params(one) for one in params["members"]]
    wanted = {member.node_id: member.availability for member in members if member.node_id and member.availability}
    steps: list[Step] = []
    before, after = {}, {}
    for node in nodes:
        if wanted.get(node.id, node.availability) != node.availability:
            steps.append(Step("set_availability", {"node_id": node.id, "availability": wanted[node.id]}))
            before[_label(node)] = _node_result(node)
            after[_label(node)] = {**_node_result(node), "availability": wanted[node.id]}
    left = list(nodes)
    unlisted = unlisted_nodes(nodes, members, params["inventory_names"]) if params["remove_unlisted"] else []
    for node in (*stale_nodes(nodes, members), *unlisted):
        steps.extend(_removal(left, node))
        left.remove(node)
        before[_label(node)], after[_label(node)] = _node_result(node), ABSENT
    return Plan(tuple(steps), {"nodes": before}, {"nodes": after})


def stale_nodes(nodes: Nodes, members: Sequence[Member]) -> list[Node]:
    """The entries that hosts of the inventory have left behind when they joined anew: down, and under another ID."""
    ids = {member.node_id for member in members if member.node_id}
    return [
        node
        for node in nodes
        if node.state == "down" and node.id not in ids and any(member.was(node) for member in members)
    ]


def unlisted_nodes(nodes: Nodes, members: Sequence[Member], inventory_names: Iterable[str]) -> list[Node]:
    """The entries that are of no host of the inventory: by no node ID, host name or address."""
    ids = {member.node_id for member in members if member.node_id}
    names = set(inventory_names)
    return [
        node
        for node in nodes
        if not (node.id in ids or any(member.was(node) for member in members))
        and node.hostname not in names
        and not node.addresses & names
    ]


def describe_unlisted(node: Node) -> str:
    """A sentence about such a node, with the remedy."""
    where = ", ".join([f"ID {node.id}", *sorted(node.addresses), node.state, node.role])
    return (
        f"Node {node.hostname} ({where}) is in the swarm, and is no host of the inventory. If it was taken out for "
        "good, remove it from the swarm: ansible-playbook playbooks/swarm.yml -i INVENTORY -e "
        "swarm_remove_unlisted=true. Else put it back into the inventory."
    )


def quorum_allows_demotion(nodes: Nodes, node: Node) -> bool:
    """Whether more than half of the managers that remain without this one can be reached."""
    others = [one for one in nodes if one.is_manager and one.id != node.id]
    reachable = [one for one in others if _is_reachable(one)]
    return len(reachable) > len(others) // 2


def _removal(nodes: Nodes, node: Node) -> Iterator[Step]:
    if node.is_ready and node.availability != "drain":
        yield Step("set_availability", {"node_id": node.id, "availability": "drain"})
    if node.is_manager:
        _refuse_demotion(nodes, node)
        yield Step("set_role", {"node_id": node.id, "role": "worker"})
    yield Step("remove", {"node_id": node.id, "force": node.is_ready})


def _refuse_demotion(nodes: Nodes, node: Node) -> None:
    if quorum_allows_demotion(nodes, node):
        return
    others = [one for one in nodes if one.is_manager and one.id != node.id]
    missing = ", ".join(_label(one) for one in others if not _is_reachable(one))
    found = f"of the managers that would remain, these cannot be reached: {missing}" if others else "it is the last one"
    raise PlanError(
        f"Node {_label(node)} cannot be demoted without the swarm losing its quorum: {found}. Bring those managers "
        "back, or make another node a manager first."
    )


def _is_reachable(node: Node) -> bool:
    return node.reachability == "reachable" if node.reachability else node.is_ready


def _refuse_removal(node: Node, force: bool) -> None:
    if node.role == "manager":
        raise PlanError(f"Node {node.id} ({node.hostname}) is a manager: set its role to worker before it is removed.")
    if node.is_ready and not force:
        raise PlanError(
            f"Node {node.id} ({node.hostname}) is Ready: have it leave the swarm first, or set "
            "the module's option force: true."
        )


def _label(node: Node) -> str:
    return f"{node.hostname} ({node.id})"


def _node_result(node: Node) -> dict[str, Any]:
    return {"state": node.state, "role": node.role, "availability": node.availability}
