# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: whether the membership of a host needs a step, by the plans of the modules that would take it."""

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
    """Which of init, join, leave and entry (its entry in the manager's list) the host needs.

    ``observed`` and ``view`` are the memberships of the host and of the first manager, as C(swarm_info) returns them.
    ``wanted`` holds is_first, state, role, advertise_addr, availability and, where wanted, data_path_port. A host whose
    plan raises PlanError needs its step too: the module then fails with the reason.
    """
    membership = Membership.from_result(observed)
    nodes = nodes_of(view.get("nodes", ()))
    if wanted["state"] == "absent":
        needs = [LEAVE] if membership.state != "inactive" else []
    elif wanted["is_first"]:
        params = {"state": "present", "leave_foreign": False, "working_managers": [], **wanted}
        needs = [INIT] if has_steps(lambda: plan_init(membership, params)) else []
    else:
        needs = [JOIN] if _joins(membership, nodes, view, wanted) else []
    return needs + ([ENTRY] if _entry_differs(membership, nodes, wanted) else [])


def unlisted_sentences(
    memberships: Sequence[Mapping[str, Any]], nodes: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> list[str]:
    """A sentence for each of a manager's nodes that is no host of the inventory.

    ``memberships`` are those of all hosts of the inventory, of which ``names`` are all names and addresses.
    """
    wanted = {"state": "present", "availability": ""}
    members = [Member.from_params(member_params(one, wanted)) for one in memberships]
    return [describe_unlisted(node) for node in unlisted_nodes(nodes_of(nodes), members, names)]


def _joins(membership: Membership, nodes: Nodes, view: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    known = bool(view.get("is_manager")) and not view.get("error")
    addresses = frozenset(host_part(node.manager_address) for node in nodes if node.manager_address)
    state = JoinState(membership, frozenset(node.id for node in nodes) if known else None, addresses)
    params = {"leave_foreign": False, "rejoin": False, "remote_addrs": [], "join_token": None, **wanted}
    if has_steps(lambda: plan_join(state, params)):
        return True
    entry = next(node for node in nodes if node.id == membership.node_id)
    return not entry.is_ready or entry.role != wanted["role"]


def _entry_differs(membership: Membership, nodes: Nodes, wanted: Mapping[str, Any]) -> bool:
    member = Member.from_params(member_params(membership.as_facts(), wanted))
    own = next((node for node in nodes if node.id and node.id == member.node_id), None)
    differs = own is not None and bool(member.availability) and own.availability != member.availability
    return differs or bool(stale_nodes(nodes, [member]))


def member_params(observed: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The host as C(swarm_nodes) takes it."""
    leaves = wanted["state"] == "absent"
    address = observed.get("node_address")
    return {
        "node_id": observed.get("node_id") or "",
        "hostname": observed.get("hostname") or "",
        "addresses": [address] if address else [],
        "availability": "" if leaves else wanted["availability"],
    }


def has_steps(plan: Callable[[], Plan]) -> bool:
    """Whether a plan has steps, or cannot be made."""
    try:
        return plan().changes
    except PlanError:
        return True
