# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the swarm of an engine to the steps towards the wanted one; PlanError where it cannot be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from ..base.subnets import refuse_pools
from .messages import address_problem, describe, explain_locked, explain_lost_quorum, is_expired
from .ports import swarm_ports
from .settings import (
    ADVERTISE_ADDR,
    DATA_PATH_PORT,
    DEFAULT_ADDR_POOL,
    LEAVE_FOREIGN,
    LEAVE_FOREIGN_FOR_GOOD,
    REJOIN,
    SUBNET_SIZE,
    Setting,
)
from .state import Membership, host_part

ABSENT = {"state": "absent"}


@dataclass(frozen=True)
class JoinState:
    """The host's membership, and the view of the manager.

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
        _refuse_second_swarm(membership, params)
        refuse_taken_gossip_port(membership)
        _refuse_subnets(params)
        return _init_after(membership, ())
    if membership.is_manager:
        _refuse_manager_without_leader(membership)
        _refuse_first_manager_elsewhere(membership, params["advertise_addr"])
        _refuse_other_data_path_port(membership, params.get("data_path_port"))
        return Plan(before=membership.as_result(), after=membership.as_result())
    if params["leave_foreign"]:
        _refuse_subnets(params)
        return _init_after(membership, (Step("leave", {"force": True}),))
    raise PlanError(_explain_no_first_manager(membership), **_details(membership))


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
    again = Plan((Step("leave", {"force": True}), join), membership.as_result(), after)
    if membership.state in ("active", "pending") and state.is_member:
        return _plan_member(membership, params, again)
    never_joined = membership.state == "pending" and not membership.node_id
    renewed = is_expired(membership) and params["rejoin"]
    if never_joined or renewed or params["leave_foreign"]:
        return again
    raise PlanError(_explain_foreign(state), **_details(membership))


def refuse_taken_gossip_port(membership: Membership) -> None:
    """An engine without its gossip joins all the same, and its overlay networks then reach nobody.

    Docker leaves the port open when a node leaves at the same moment as all its peers.
    """
    if membership.gossip_port_taken:
        raise PlanError(
            "Port 7946/tcp is taken on this host, though its engine is in no swarm: by what an earlier swarm has left "
            "in the engine, which a restart of the engine cures (systemctl restart docker), or by another program.",
            **_details(membership),
        )


def _plan_member(membership: Membership, params: Mapping[str, Any], again: Plan) -> Plan:
    """Nothing, or to leave and join again where its address is wrong and that was asked for."""
    problem = address_problem(membership, params["advertise_addr"])
    if not problem:
        return Plan(before=membership.as_result(), after=membership.as_result())
    if not params["rejoin"]:
        raise PlanError(
            f"{problem}. A node keeps the address with which it joined: set {REJOIN.to(True)} to have it leave the "
            f"swarm and join again, or set {ADVERTISE_ADDR} to {membership.node_address} where that is still right.",
            **_details(membership),
        )
    return Plan(
        again.steps,
        {**again.before, "address": membership.node_address},
        {**again.after, "address": params["advertise_addr"] or "chosen by the engine"},
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
        f"Set {LEAVE_FOREIGN_FOR_GOOD.to(True)} to have it leave that swarm."
        if is_foreign
        else "A swarm is lost with its last manager: set the module's option force: true to have it leave all the same."
    )
    raise PlanError(f"{describe(membership)}. {remedy}", **_details(membership))


def _plan_leave(state: JoinState, leave_foreign: bool) -> Plan:
    membership = state.membership
    if membership.state == "inactive":
        return Plan(before=ABSENT, after=ABSENT)
    never_joined = membership.state == "pending" and not membership.node_id
    # A dead swarm of this very manager is left without asking: nothing of it is lost.
    ours = state.is_member or never_joined or state.is_dead
    if not ours and not leave_foreign:
        raise PlanError(_explain_foreign(state, LEAVE_FOREIGN_FOR_GOOD), **_details(membership))
    return Plan((Step("leave", {"force": True}),), membership.as_result(), ABSENT)


def _explain_no_first_manager(membership: Membership) -> str:
    if membership.state == "locked":
        return explain_locked(f"Or set {LEAVE_FOREIGN.to(True)} to have it leave, which loses its swarm state.")
    if membership.state == "pending" and membership.host_addresses is not None and _is_manager_that_waits(membership):
        return explain_lost_quorum(membership)
    remedy = (
        "Where other managers carry its swarm on, set swarm_first_manager to one of them and have this host join again "
        f"with {REJOIN.to(True)}. Or set {LEAVE_FOREIGN.to(True)}, which makes a new swarm."
        if is_expired(membership)
        else f"Take the host out of that swarm, or set {LEAVE_FOREIGN.to(True)} to have it leave."
    )
    return f"This host cannot become the first manager: {describe(membership)}. {remedy}"


def _is_manager_that_waits(membership: Membership) -> bool:
    """An engine that waits for its quorum calls itself no manager, but is among the managers that it knows."""
    own = {*(membership.host_addresses or ()), membership.node_address}
    return any(host_part(address) in own for address in membership.manager_addresses)


def _explain_foreign(state: JoinState, leave_foreign: Setting = LEAVE_FOREIGN) -> str:
    membership = state.membership
    remedy = f"Set {leave_foreign.to(True)} to have it leave"
    found = describe(membership)
    if membership.state == "locked":
        return explain_locked(f"{remedy} and lose its swarm state.")
    if is_expired(membership):
        return (
            f"{found}. Set {REJOIN.to(True)} to have it leave and join again with a new one, or "
            f"{leave_foreign.to(True)} where it was another swarm's."
        )
    if membership.state == "error":
        return f"{found}. {remedy} that swarm."
    if state.member_node_ids is None and not state.names_our_manager:
        return (
            f"{found}, and the manager is in no swarm or cannot be asked, so that it is not known whether this is "
            f"the same swarm. {remedy} it all the same."
        )
    if state.is_dead:
        return (
            f"{found}, but the manager does not know its node ID: that swarm is dead, because the manager has left it "
            f"or made a new one, or has removed this node. {remedy} the dead swarm."
        )
    return f"{found}, which is another swarm: the manager does not know its node ID. {remedy} that other swarm."


def _details(membership: Membership) -> dict[str, Any]:
    return {
        "swarm_state": membership.state,
        "node_id": membership.node_id,
        "manager_addresses": list(membership.manager_addresses),
    }


def _refuse_subnets(params: Mapping[str, Any]) -> None:
    """The engine takes address ranges that it then cannot use, and a swarm keeps what it was made with."""
    if params.get("data_path_port") is not None:
        swarm_ports(params["data_path_port"])
    refuse_pools(str(DEFAULT_ADDR_POOL), params.get("default_addr_pool"), str(SUBNET_SIZE), params.get("subnet_size"))


def _refuse_other_data_path_port(membership: Membership, wanted: int | None) -> None:
    found = membership.data_path_port
    if wanted is not None and found and found != wanted:
        raise PlanError(
            f"{DATA_PATH_PORT}: found {found}, wanted {wanted}. A swarm keeps the port with which it was made: set "
            f"{DATA_PATH_PORT} to {found}, or dissolve the swarm (playbooks/reset.yml) and have it made anew.",
            **_details(membership),
        )


def _refuse_second_swarm(membership: Membership, params: Mapping[str, Any]) -> None:
    """A first manager that was installed anew must not split the cluster that the other managers carry on."""
    others = params["working_managers"]
    if others and not params["leave_foreign"]:
        raise PlanError(
            f"This host is in no swarm, but {', '.join(others)}, which is to be a manager beside it, manages one that "
            f"works. Set swarm_first_manager: {others[0]} to have this host join that swarm, or take that host out of "
            f"it first. Set {LEAVE_FOREIGN.to(True)} to make a new swarm all the same.",
            **_details(membership),
        )


def _refuse_manager_without_leader(membership: Membership) -> None:
    if membership.error:
        raise PlanError(explain_lost_quorum(membership), **_details(membership))


def _refuse_first_manager_elsewhere(membership: Membership, wanted: str | None) -> None:
    problem = address_problem(membership, wanted)
    if problem:
        raise PlanError(
            f"{problem}. A node keeps the address with which it joined, and the first manager leaves no swarm by "
            f"itself. Give its interface {membership.node_address} back or set {ADVERTISE_ADDR} to it; or, with "
            f"further managers, set swarm_first_manager to another and have this host join again with "
            f"{REJOIN.to(True)}.",
            **_details(membership),
        )
