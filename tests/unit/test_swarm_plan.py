# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.errors import Refused
from ansible_collections.distrain.cluster.plugins.module_utils.plan import Plan
from ansible_collections.distrain.cluster.plugins.module_utils.swarm_plan import (
    JoinState,
    plan_init,
    plan_join,
    plan_node,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm_state import Membership, Node, host_part

OURS = ("198.18.1.11:2377",)
OTHERS = ("203.0.113.5:2377",)

NOWHERE = Membership()
MANAGER = Membership("active", True, "swarm1", "m1", "198.18.1.11", "", OURS)
WORKER = Membership("active", False, "", "w1", "198.18.1.12", "", OURS)
FOREIGN_WORKER = Membership("active", False, "", "f1", "198.18.1.12", "", OTHERS)
FOREIGN_MANAGER = Membership("active", True, "swarm2", "f1", "198.18.1.12", "", ("198.18.1.12:2377",))
DEAD_WORKER = Membership("active", False, "", "d1", "198.18.1.12", "", OURS)
JOINING = Membership("pending", manager_addresses=OURS)
REBOOTED = Membership("pending", False, "", "w1", "198.18.1.12", "", OURS)
LOST = Membership("pending", False, "", "f1", "198.18.1.12", "", OTHERS)
SECOND_MANAGER = Membership("active", True, "swarm2", "f1", "198.18.1.12", "", (*OURS, "198.18.1.12:2377"))
STRANDED_MANAGER = Membership("pending", True, "", "f1", "198.18.1.12", "", (*OURS, "198.18.1.12:2377"))
LOCKED = Membership("locked", node_id="w1")
BROKEN = Membership("error", node_id="f1", error="certificate has expired")
LEADERLESS = Membership("active", True, "", "m1", "198.18.1.11", "The swarm does not have a leader", OURS)

LEAVE, JOIN, INIT = "leave", "join", "init"


def verbs(plan: Plan) -> list[str]:
    return [step.verb for step in plan.steps]


def init_params(**changes: Any) -> dict[str, Any]:
    return {"state": "present", "force": False, "leave_foreign": False, "advertise_addr": None, **changes}


def join_params(**changes: Any) -> dict[str, Any]:
    return {
        "state": "present",
        "role": "worker",
        "leave_foreign": False,
        "advertise_addr": None,
        "remote_addrs": list(OURS),
        "join_token": "SWMTKN-secret",
        **changes,
    }


def seen_by_manager(membership: Membership) -> JoinState:
    return JoinState(membership, frozenset({"m1", "w1"}), frozenset({"198.18.1.11"}))


def without_manager(membership: Membership, *hosts: str) -> JoinState:
    return JoinState(membership, None, frozenset(hosts))


@pytest.mark.parametrize(
    ("membership", "changes", "expected"),
    [
        (NOWHERE, {}, [INIT]),
        (MANAGER, {}, []),
        (MANAGER, {"advertise_addr": "198.18.1.11"}, []),
        (MANAGER, {"advertise_addr": "198.18.1.11:2377"}, []),
        (MANAGER, {"advertise_addr": "eth1"}, []),
        (FOREIGN_WORKER, {"leave_foreign": True}, [LEAVE, INIT]),
        (JOINING, {"leave_foreign": True}, [LEAVE, INIT]),
        (LOCKED, {"leave_foreign": True}, [LEAVE, INIT]),
        (NOWHERE, {"state": "absent"}, []),
        (WORKER, {"state": "absent", "leave_foreign": True}, [LEAVE]),
        (JOINING, {"state": "absent"}, [LEAVE]),
        (MANAGER, {"state": "absent", "force": True}, [LEAVE]),
        (LOCKED, {"state": "absent", "force": True}, [LEAVE]),
    ],
)
def test_plan_init(membership: Membership, changes: dict[str, Any], expected: list[str]) -> None:
    assert verbs(plan_init(membership, init_params(**changes))) == expected


@pytest.mark.parametrize(
    ("membership", "changes", "said"),
    [
        (FOREIGN_WORKER, {}, "already a worker of a swarm (node f1, managers: 203.0.113.5:2377)"),
        (JOINING, {}, "waits for a swarm that does not answer (managers: 198.18.1.11:2377)"),
        (BROKEN, {}, "certificate has expired"),
        (LOCKED, {}, "locked swarm"),
        (LEADERLESS, {}, "does not have a leader"),
        (MANAGER, {"advertise_addr": "198.18.2.11"}, "found 198.18.1.11, wanted 198.18.2.11"),
        (MANAGER, {"state": "absent"}, "force: true"),
        (MANAGER, {"state": "absent", "leave_foreign": True}, "force: true"),
        (WORKER, {"state": "absent"}, "leave_foreign: true"),
        (LOCKED, {"state": "absent"}, "leave_foreign: true"),
    ],
)
def test_plan_init_refuses(membership: Membership, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as caught:
        plan_init(membership, init_params(**changes))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("state", "changes", "expected"),
    [
        (seen_by_manager(NOWHERE), {}, [JOIN]),
        (without_manager(NOWHERE), {}, [JOIN]),
        (seen_by_manager(WORKER), {}, []),
        (seen_by_manager(WORKER), {"leave_foreign": True}, []),
        (seen_by_manager(WORKER), {"role": "manager"}, []),
        (seen_by_manager(MANAGER), {"role": "manager"}, []),
        (seen_by_manager(REBOOTED), {}, []),
        (seen_by_manager(JOINING), {}, [LEAVE, JOIN]),
        (seen_by_manager(FOREIGN_WORKER), {"leave_foreign": True}, [LEAVE, JOIN]),
        (seen_by_manager(FOREIGN_MANAGER), {"leave_foreign": True}, [LEAVE, JOIN]),
        (seen_by_manager(DEAD_WORKER), {"leave_foreign": True}, [LEAVE, JOIN]),
        (seen_by_manager(LOST), {"leave_foreign": True}, [LEAVE, JOIN]),
        (seen_by_manager(LOCKED), {"leave_foreign": True}, [LEAVE, JOIN]),
        (seen_by_manager(BROKEN), {"leave_foreign": True}, [LEAVE, JOIN]),
        (seen_by_manager(NOWHERE), {"state": "absent"}, []),
        (seen_by_manager(WORKER), {"state": "absent"}, [LEAVE]),
        (seen_by_manager(REBOOTED), {"state": "absent"}, [LEAVE]),
        (seen_by_manager(JOINING), {"state": "absent"}, [LEAVE]),
        (seen_by_manager(DEAD_WORKER), {"state": "absent"}, [LEAVE]),
        (seen_by_manager(FOREIGN_WORKER), {"state": "absent", "leave_foreign": True}, [LEAVE]),
        (without_manager(DEAD_WORKER, "198.18.1.11"), {"state": "absent"}, [LEAVE]),
        (without_manager(DEAD_WORKER), {"state": "absent", "leave_foreign": True}, [LEAVE]),
        (without_manager(STRANDED_MANAGER, "198.18.1.11"), {"state": "absent"}, [LEAVE]),
    ],
)
def test_plan_join(state: JoinState, changes: dict[str, Any], expected: list[str]) -> None:
    assert verbs(plan_join(state, join_params(**changes))) == expected


@pytest.mark.parametrize(
    ("state", "changes", "said"),
    [
        (seen_by_manager(FOREIGN_WORKER), {}, "managers: 203.0.113.5:2377), which is another swarm"),
        (seen_by_manager(FOREIGN_MANAGER), {}, "already a manager of a swarm"),
        (seen_by_manager(DEAD_WORKER), {}, "that swarm is dead"),
        (seen_by_manager(LOST), {}, "which is another swarm"),
        (seen_by_manager(STRANDED_MANAGER), {}, "that swarm is dead"),
        (seen_by_manager(SECOND_MANAGER), {}, "which is another swarm"),
        (seen_by_manager(SECOND_MANAGER), {"state": "absent"}, "which is another swarm"),
        (seen_by_manager(LOCKED), {}, "docker swarm unlock"),
        (seen_by_manager(BROKEN), {}, "certificate has expired"),
        (without_manager(WORKER), {}, "it cannot be told whether this is the same swarm"),
        (seen_by_manager(WORKER), {"advertise_addr": "198.18.9.9"}, "found 198.18.1.12, wanted 198.18.9.9"),
        (seen_by_manager(FOREIGN_WORKER), {"state": "absent"}, "which is another swarm"),
        (seen_by_manager(FOREIGN_MANAGER), {"state": "absent"}, "which is another swarm"),
        (without_manager(WORKER, "198.18.1.99"), {"state": "absent"}, "it cannot be told"),
    ],
)
def test_plan_join_refuses(state: JoinState, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as caught:
        plan_join(state, join_params(**changes))
    assert said in caught.value.message
    assert "leave_foreign: true" in caught.value.message or "advertise_addr" in caught.value.message


def test_the_token_is_in_no_representation_of_the_plan() -> None:
    plan = plan_join(seen_by_manager(NOWHERE), join_params())
    assert plan.steps[0].secrets["join_token"] == "SWMTKN-secret"
    assert "SWMTKN-secret" not in repr(plan)


def node(**changes: Any) -> Node:
    return Node(
        **{
            "id": "w1",
            "hostname": "gpu02",
            "role": "worker",
            "state": "down",
            "availability": "active",
            "address": "198.18.1.12",
            **changes,
        }
    )


def node_params(**changes: Any) -> dict[str, Any]:
    return {"node_id": "w1", "state": "present", "role": None, "force": False, **changes}


@pytest.mark.parametrize(
    ("found", "changes", "expected"),
    [
        (node(), {}, []),
        (node(), {"role": "worker"}, []),
        (node(), {"role": "manager"}, ["set_role"]),
        (node(role="manager"), {"role": "worker"}, ["set_role"]),
        (None, {"state": "absent"}, []),
        (node(), {"state": "absent"}, ["remove"]),
        (node(state="ready"), {"state": "absent", "force": True}, ["remove"]),
    ],
)
def test_plan_node(found: Node | None, changes: dict[str, Any], expected: list[str]) -> None:
    assert verbs(plan_node(found, node_params(**changes))) == expected


@pytest.mark.parametrize(
    ("found", "changes", "said"),
    [
        (None, {}, "No node with the ID w1"),
        (node(role="manager"), {"state": "absent", "force": True}, "set its role to worker"),
        (node(state="ready"), {"state": "absent"}, "is Ready"),
    ],
)
def test_plan_node_refuses(found: Node | None, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as caught:
        plan_node(found, node_params(**changes))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("198.18.1.11:2377", "198.18.1.11"),
        ("198.18.1.11", "198.18.1.11"),
        ("[fd00::1]:2377", "fd00::1"),
        ("fd00::1", "fd00::1"),
        ("gpu01:2377", "gpu01"),
    ],
)
def test_host_part(address: str, expected: str) -> None:
    assert host_part(address) == expected
