# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what an engine says about its swarm to the steps towards the swarm that is wanted, or a refusal."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.errors import Refused
from ansible_collections.distrain.cluster.plugins.module_utils.plan import Plan, Step
from ansible_collections.distrain.cluster.plugins.module_utils.swarm_state import Membership, Node, host_part

ABSENT = {"state": "absent"}


@dataclass(frozen=True)
class JoinState:
    """The host's membership beside what the manager said.

    ``member_node_ids`` is None where the manager is in no swarm itself or cannot be asked.
    ``manager_hosts`` are the addresses, without ports, at which the wanted swarm's managers are or were.
    """

    membership: Membership
    member_node_ids: frozenset[str] | None
    manager_hosts: frozenset[str]

    @property
    def is_member(self) -> bool:
        """Whether this host belongs to the manager's swarm; an engine that never joined has no node ID."""
        return bool(self.membership.node_id) and self.membership.node_id in (self.member_node_ids or ())

    @property
    def names_our_manager(self) -> bool:
        return any(host_part(address) in self.manager_hosts for address in self.membership.manager_addresses)

    @property
    def is_dead(self) -> bool:
        """Whether a swarm unknown to the manager is one that it has left; further managers may carry that on."""
        is_carried_on = self.membership.is_manager and self.membership.state == "active" and not self.membership.error
        return self.names_our_manager and not is_carried_on


def plan_init(membership: Membership, params: Mapping[str, Any]) -> Plan:
    """The steps to make this host the first manager of a swarm, or to leave the swarm that it manages."""
    if params["state"] == "absent":
        return _plan_dissolve(membership, params)
    if membership.state == "inactive":
        refuse_taken_gossip_port(membership)
        return _init_after(membership, ())
    if membership.is_manager:
        _refuse_manager_without_leader(membership)
        _refuse_other_address(membership, params["advertise_addr"])
        return Plan(before=membership.as_result(), after=membership.as_result())
    if params["leave_foreign"]:
        return _init_after(membership, (Step("leave", {"force": True}),))
    raise Refused(
        f"This host cannot become the first manager: {_describe(membership)}. "
        "Take the host out of that swarm, or set leave_foreign: true to have it leave.",
        **_details(membership),
    )


def plan_join(state: JoinState, params: Mapping[str, Any]) -> Plan:
    """The steps to make this host a node of the manager's swarm, or to leave it."""
    if params["state"] == "absent":
        return _plan_leave(state, params["leave_foreign"])
    membership = state.membership
    join = Step(
        "join",
        {"role": params["role"], "remote_addrs": list(params["remote_addrs"] or ())},
        {"join_token": params["join_token"]},
    )
    after = {"state": "active", "role": params["role"]}
    if membership.state == "inactive":
        refuse_taken_gossip_port(membership)
        return Plan((join,), membership.as_result(), after)
    if membership.state in ("active", "pending") and state.is_member:
        _refuse_other_address(membership, params["advertise_addr"])
        return Plan(before=membership.as_result(), after=membership.as_result())
    never_joined = membership.state == "pending" and not membership.node_id
    if never_joined or params["leave_foreign"]:
        return Plan((Step("leave", {"force": True}), join), membership.as_result(), after)
    raise Refused(_explain_foreign(state), **_details(membership))


def plan_node(node: Node | None, params: Mapping[str, Any]) -> Plan:
    """The steps to give a node of the list its role, or to take it off the list."""
    if params["state"] == "absent":
        if node is None:
            return Plan(before=ABSENT, after=ABSENT)
        _refuse_removal(node, params["force"])
        return Plan((Step("remove", {"force": params["force"]}),), _node_result(node), ABSENT)
    if node is None:
        raise Refused(f"No node with the ID {params['node_id']} is in the swarm of this manager.")
    if params["role"] in (None, node.role):
        return Plan(before=_node_result(node), after=_node_result(node))
    return Plan(
        (Step("set_role", {"role": params["role"]}),),
        _node_result(node),
        {**_node_result(node), "role": params["role"]},
    )


def refuse_taken_gossip_port(membership: Membership) -> None:
    """An engine without its gossip joins all the same, and its overlay networks then reach nobody.

    Docker leaves the port open when a node leaves at the same moment as all its peers.
    """
    if membership.gossip_port_taken:
        raise Refused(
            "Port 7946/tcp is taken on this host, though its engine is in no swarm: by what an earlier swarm has left "
            "in the engine, which a restart of the engine cures (systemctl restart docker), or by another program.",
            **_details(membership),
        )


def _init_after(membership: Membership, steps: tuple[Step, ...]) -> Plan:
    return Plan((*steps, Step("init")), membership.as_result(), {"state": "active", "role": "manager"})


def _plan_dissolve(membership: Membership, params: Mapping[str, Any]) -> Plan:
    if membership.state == "inactive":
        return Plan(before=ABSENT, after=ABSENT)
    never_joined = membership.state == "pending" and not membership.node_id
    is_foreign = not membership.is_manager
    if never_joined or params["force"] or (is_foreign and params["leave_foreign"]):
        return Plan((Step("leave", {"force": True}),), membership.as_result(), ABSENT)
    remedy = (
        "Set leave_foreign: true to have it leave that swarm."
        if is_foreign
        else "A swarm is lost with its last manager: set force: true to have it leave all the same."
    )
    raise Refused(f"{_describe(membership)}. {remedy}", **_details(membership))


def _plan_leave(state: JoinState, leave_foreign: bool) -> Plan:
    membership = state.membership
    if membership.state == "inactive":
        return Plan(before=ABSENT, after=ABSENT)
    never_joined = membership.state == "pending" and not membership.node_id
    # A dead swarm of this very manager is left without asking: nothing of it is lost.
    ours = state.is_member or never_joined or state.is_dead
    if not ours and not leave_foreign:
        raise Refused(_explain_foreign(state), **_details(membership))
    return Plan((Step("leave", {"force": True}),), membership.as_result(), ABSENT)


def _explain_foreign(state: JoinState) -> str:
    membership = state.membership
    remedy = "Set leave_foreign: true to have it leave"
    found = _describe(membership)
    if membership.state == "locked":
        return f"{found}. Unlock it with 'docker swarm unlock'. {remedy} and lose its swarm state."
    if membership.state == "error":
        return f"{found}. {remedy} that swarm."
    if state.member_node_ids is None and not state.names_our_manager:
        return (
            f"{found}, and the manager is in no swarm or cannot be asked, so that it cannot be told whether this is "
            f"the same swarm. {remedy} it all the same."
        )
    if state.is_dead:
        return (
            f"{found}, but the manager does not know its node ID: that swarm is dead, because the manager has left it "
            f"or made a new one, or has removed this node. {remedy} the dead swarm."
        )
    return f"{found}, which is another swarm: the manager does not know its node ID. {remedy} that other swarm."


def _describe(membership: Membership) -> str:
    managers = ", ".join(membership.manager_addresses) or "unknown"
    if membership.state == "locked":
        return "Its engine holds a locked swarm"
    if membership.state == "error":
        return f"Its engine says that its swarm membership has failed: {membership.error or 'without a reason'}"
    if membership.state == "pending":
        return f"It waits for a swarm that does not answer (managers: {managers})"
    identity = f"node {membership.node_id}, managers: {managers}"
    return f"It is already a {membership.role} of a swarm ({identity})"


def _details(membership: Membership) -> dict[str, Any]:
    return {
        "swarm_state": membership.state,
        "node_id": membership.node_id,
        "manager_addresses": list(membership.manager_addresses),
    }


def _refuse_manager_without_leader(membership: Membership) -> None:
    if membership.error:
        raise Refused(
            f"This host is a manager, but its swarm does not work: {membership.error}. "
            "Bring the other managers back, or see 'docker swarm init --force-new-cluster'.",
            **_details(membership),
        )


def _refuse_other_address(membership: Membership, wanted: str | None) -> None:
    """A node keeps the address it joined with; a card's name cannot be compared and is let through."""
    if not wanted or not membership.node_address:
        return
    try:
        differs = ipaddress.ip_address(host_part(wanted)) != ipaddress.ip_address(membership.node_address)
    except ValueError:
        return
    if differs:
        raise Refused(
            f"advertise_addr: found {membership.node_address}, wanted {host_part(wanted)}. A node keeps the address "
            "with which it joined: have it leave the swarm (state: absent) and join again, or set advertise_addr to "
            f"{membership.node_address}.",
            **_details(membership),
        )


def _refuse_removal(node: Node, force: bool) -> None:
    if node.role == "manager":
        raise Refused(f"Node {node.id} ({node.hostname}) is a manager: set its role to worker before it is removed.")
    if node.is_ready and not force:
        raise Refused(f"Node {node.id} ({node.hostname}) is Ready: have it leave the swarm first, or set force: true.")


def _node_result(node: Node) -> dict[str, Any]:
    return {"state": node.state, "role": node.role}
