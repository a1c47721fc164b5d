# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a host's membership needs a step at all, told from what was read once: by the very plans of the modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.nodes_plan import (
    Member,
    Nodes,
    describe_unlisted,
    stale_nodes,
    unlisted_nodes,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.plan import JoinState, plan_init, plan_join
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, host_part, nodes_of

INIT, JOIN, LEAVE, ENTRY = "init", "join", "leave", "entry"


def host_needs(observed: Mapping[str, Any], view: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Which of init, join, leave and entry (its entry in the manager's list) the host needs; mostly none.

    ``observed`` and ``view`` are what C(swarm_info) returned on the host and on the first manager. ``wanted`` holds
    is_first, state, role, advertise_addr, availability and, where wanted, data_path_port. A host whose plan is a
    refusal needs its step too, which then says why.
    """
    membership = Membership.from_result(observed)
    nodes = nodes_of(view.get("nodes", ()))
    if wanted["state"] == "absent":
        needs = [LEAVE] if membership.state != "inactive" else []
    elif wanted["is_first"]:
        params = {"state": "present", "leave_foreign": False, "working_managers": [], **wanted}
        needs = [INIT] if _acts(lambda: plan_init(membership, params)) else []
    else:
        needs = [JOIN] if _joins(membership, nodes, view, wanted) else []
    return needs + ([ENTRY] if _entry_differs(membership, nodes, wanted) else [])


def known_membership(observed: Mapping[str, Any]) -> dict[str, Any]:
    """The membership as C(swarm_info) would return it, told from what C(host_info) has returned; mostly that suffices.

    Nothing where the engine is no node that works: then only C(swarm_info) looks for the managers that are silent.
    """
    engine = observed.get("engine") or {}
    facts = engine.get("membership") or {}
    # A manager that works has listed its nodes, too.
    works = Membership.from_result(facts).works and not (engine.get("swarm") or {}).get("error")
    return {**facts, "nodes": []} if works else {}


def members_of(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[dict[str, Any]]:
    """The hosts of the play as C(swarm_nodes) wants them."""
    return [_member_params(hostvars[name]["swarm_now"], hostvars[name]["swarm_wanted"]) for name in hosts]


def unlisted_sentences(
    hostvars: Mapping[str, Mapping[str, Any]],
    hosts: Sequence[str],
    nodes: Sequence[Mapping[str, Any]],
    names: Sequence[str],
) -> list[str]:
    """A sentence for each of a manager's nodes that is no host of the inventory, of which ``names`` are all names."""
    wanted = {"state": "present", "availability": ""}
    seen = [_member_params(hostvars[host].get("swarm_now") or {}, wanted) for host in hosts]
    members = [Member.from_params(one) for one in seen]
    return [describe_unlisted(node) for node in unlisted_nodes(nodes_of(nodes), members, names)]


def working_managers(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[str]:
    """Those of the hosts that manage a swarm which works."""
    found = ((name, hostvars[name].get("swarm_now") or {}) for name in hosts)
    return [name for name, one in found if one.get("is_manager") and one.get("active") and not one.get("error")]


def _joins(membership: Membership, nodes: Nodes, view: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    known = bool(view.get("is_manager")) and not view.get("error")
    addresses = frozenset(host_part(node.manager_address) for node in nodes if node.manager_address)
    state = JoinState(membership, frozenset(node.id for node in nodes) if known else None, addresses)
    params = {"leave_foreign": False, "rejoin": False, "remote_addrs": [], "join_token": None, **wanted}
    if _acts(lambda: plan_join(state, params)):
        return True
    entry = next(node for node in nodes if node.id == membership.node_id)
    return not entry.is_ready or entry.role != wanted["role"]


def _entry_differs(membership: Membership, nodes: Nodes, wanted: Mapping[str, Any]) -> bool:
    member = Member.from_params(_member_params(membership.as_facts(), wanted))
    own = next((node for node in nodes if node.id and node.id == member.node_id), None)
    differs = own is not None and bool(member.availability) and own.availability != member.availability
    return differs or bool(stale_nodes(nodes, [member]))


def _member_params(observed: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    leaves = wanted["state"] == "absent"
    address = observed.get("node_address")
    return {
        "node_id": observed.get("node_id") or "",
        "hostname": observed.get("hostname") or "",
        "addresses": [address] if address else [],
        "availability": "" if leaves else wanted["availability"],
    }


def _acts(plan: Callable[[], Plan]) -> bool:
    try:
        return plan().changes
    except PlanError:
        return True


def carriers_of(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[str]:
    """The hosts whose nodes may start a container on the overlay: those that are neither drained nor paused."""
    return [host for host in hosts if hostvars[host]["swarm_wanted"]["availability"] == "active"]
