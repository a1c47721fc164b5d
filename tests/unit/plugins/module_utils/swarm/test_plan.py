# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.messages import explain_join_error
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.plan import JoinState, plan_init, plan_join
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, host_part

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
BROKEN = Membership("error", node_id="f1", error="rpc error: code = Unavailable")
# The engine's own words; it gives neither a node ID nor managers then.
EXPIRED = Membership("error", error="Swarm certificates have expired. To replace them, leave the swarm and join again.")
# Engine 26.1, with a certificate that had expired.
EXPIRED_TOO = Membership(
    "error",
    error="error while loading TLS certificate in /var/lib/docker/swarm/certificates/swarm-node.crt: certificate (1 "
    "- w1) not valid after Tue, 01 Sep 2026 00:00:00 UTC, and it is currently Tue, 24 Nov 2026 22:42:56 UTC: x509: "
    "certificate has expired or is not yet valid: ",
)
EARLY = Membership("error", error=EXPIRED_TOO.error.replace("not valid after", "not valid before"))
THREE = ("198.18.1.11:2377", "198.18.1.12:2377", "198.18.1.13:2377")
LEADERLESS = Membership(
    "active", True, "", "m1", "198.18.1.11", "The swarm does not have a leader", THREE, silent_managers=THREE[1:]
)
REBOOTED_ALONE = Membership(
    "pending", False, "", "m1", "198.18.1.11", "", THREE, False, "a", frozenset({"198.18.1.11"}), THREE[1:]
)
MOVED_WORKER = Membership("active", False, "", "w1", "198.18.1.12", "", OURS, False, "b", frozenset({"198.18.1.99"}))
MOVED_MANAGER = Membership(
    "active", True, "swarm1", "m1", "198.18.1.11", "", OURS, False, "a", frozenset({"198.18.1.99"})
)

LEAVE, JOIN, INIT = "leave", "join", "init"


def verbs(plan: Plan) -> list[str]:
    return [step.verb for step in plan.steps]


def init_params(**changes: Any) -> dict[str, Any]:
    return {
        "state": "present",
        "force": False,
        "leave_foreign": False,
        "advertise_addr": None,
        "working_managers": [],
        **changes,
    }


def join_params(**changes: Any) -> dict[str, Any]:
    return {
        "state": "present",
        "role": "worker",
        "leave_foreign": False,
        "rejoin": False,
        "advertise_addr": None,
        "remote_addrs": list(OURS),
        "join_token": "SWMTKN-secret",
        **changes,
    }


def seen_by_manager(membership: Membership) -> JoinState:
    return JoinState(membership, frozenset({"m1", "w1"}), frozenset({"198.18.1.11"}))


def without_manager(membership: Membership, *hosts: str) -> JoinState:
    return JoinState(membership, None, frozenset(hosts))


REJOIN_ADVICE = "Set swarm_rejoin: true (the module's option rejoin) to have it leave and join again"


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
        (EXPIRED, {"leave_foreign": True}, [LEAVE, INIT]),
        (NOWHERE, {"default_addr_pool": ["10.0.0.0/8", "172.20.0.0/16"], "subnet_size": 24}, [INIT]),
        (MANAGER, {"default_addr_pool": ["x"]}, []),
        (replace(MANAGER, data_path_port=7789), {"data_path_port": 7789}, []),
        # An engine that does not say its port is not refused.
        (MANAGER, {"data_path_port": 7789}, []),
        (NOWHERE, {"data_path_port": 7789}, [INIT]),
        (NOWHERE, {"leave_foreign": True, "working_managers": ["gpu-02"]}, [INIT]),
        (MOVED_MANAGER, {"advertise_addr": "198.18.1.11"}, []),
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
        (BROKEN, {}, "membership has failed: rpc error"),
        (EXPIRED, {}, "swarm certificate has expired"),
        (LOCKED, {}, "docker swarm unlock-key"),
        (LEADERLESS, {}, "of its 3 managers these do not answer at their port: 198.18.1.12:2377, 198.18.1.13:2377"),
        (LEADERLESS, {}, "nothing here does that by itself"),
        (REBOOTED_ALONE, {}, "these do not answer at their port: 198.18.1.12:2377"),
        (NOWHERE, {"working_managers": ["gpu-02", "gpu-03"]}, "set swarm_first_manager: gpu-02"),
        (MOVED_MANAGER, {}, "found 198.18.1.11, which is on no interface of this host any more"),
        (MOVED_MANAGER, {"advertise_addr": "eth1"}, "set swarm_first_manager to another"),
        (MANAGER, {"advertise_addr": "198.18.2.11"}, "found 198.18.1.11, wanted 198.18.2.11"),
        (NOWHERE, {"default_addr_pool": ["10.0.0.5/8"]}, "Write the subnet itself, 10.0.0.0/8"),
        (NOWHERE, {"default_addr_pool": ["fd00::/64"]}, "found fd00::/64, an IPv6 subnet"),
        (NOWHERE, {"default_addr_pool": ["10.0.0.0/8", "10.9.0.0/16"]}, "10.0.0.0/8 and 10.9.0.0/16 overlap"),
        (NOWHERE, {"default_addr_pool": ["10.0.0.0/24"], "subnet_size": 16}, "wanted a prefix length from 24"),
        (replace(MANAGER, data_path_port=4789), {"data_path_port": 7789}, "to 4789, or dissolve the swarm"),
        (NOWHERE, {"data_path_port": 7946}, "swarm_data_path_port (the module's option data_path_port): found 7946"),
        (NOWHERE, {"data_path_port": 80}, "wanted a port from 1024 to 49151"),
        (NOWHERE, {"data_path_port": 70000}, "wanted a port from 1024 to 49151"),
        (NOWHERE, {"subnet_size": 31}, "swarm_subnet_size (the module's option subnet_size): found 31"),
        (FOREIGN_WORKER, {"leave_foreign": True, "default_addr_pool": ["x"]}, "which is no subnet"),
        (MANAGER, {"state": "absent"}, "force: true"),
        (MANAGER, {"state": "absent", "leave_foreign": True}, "force: true"),
        (WORKER, {"state": "absent"}, "leave_foreign: true"),
        (LOCKED, {"state": "absent"}, "leave_foreign: true"),
    ],
)
def test_plan_init_refuses(membership: Membership, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_init(membership, init_params(**changes))
    assert said.lower() in caught.value.message.lower()


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
        (seen_by_manager(EXPIRED), {"leave_foreign": True}, [LEAVE, JOIN]),
        (seen_by_manager(EXPIRED), {"rejoin": True}, [LEAVE, JOIN]),
        (seen_by_manager(EXPIRED_TOO), {"rejoin": True}, [LEAVE, JOIN]),
        (seen_by_manager(WORKER), {"rejoin": True}, []),
        (seen_by_manager(WORKER), {"advertise_addr": "198.18.9.9", "rejoin": True}, [LEAVE, JOIN]),
        (seen_by_manager(MOVED_WORKER), {"rejoin": True}, [LEAVE, JOIN]),
        (seen_by_manager(MOVED_WORKER), {"advertise_addr": "eth1", "rejoin": True}, [LEAVE, JOIN]),
        # An address that is wanted by name may be translated on the way, and be on no interface.
        (seen_by_manager(MOVED_WORKER), {"advertise_addr": "198.18.1.12"}, []),
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
        (seen_by_manager(BROKEN), {}, "membership has failed: rpc error"),
        (seen_by_manager(BROKEN), {"rejoin": True}, "membership has failed: rpc error"),
        (seen_by_manager(EXPIRED_TOO), {}, REJOIN_ADVICE),
        (seen_by_manager(EARLY), {"rejoin": True}, "the clock of this host is wrong"),
        (seen_by_manager(EXPIRED), {}, REJOIN_ADVICE),
        (seen_by_manager(LOCKED), {"rejoin": True}, "docker swarm unlock"),
        (seen_by_manager(FOREIGN_WORKER), {"rejoin": True}, "which is another swarm"),
        (seen_by_manager(MOVED_WORKER), {}, "found 198.18.1.12, which is on no interface of this host any more"),
        (seen_by_manager(MOVED_WORKER), {"advertise_addr": "198.18.1.99"}, "rejoin: true"),
        (without_manager(WORKER), {}, "it is not known whether this is the same swarm"),
        (seen_by_manager(WORKER), {"advertise_addr": "198.18.9.9"}, "found 198.18.1.12, wanted 198.18.9.9"),
        (seen_by_manager(FOREIGN_WORKER), {"state": "absent"}, "which is another swarm"),
        (seen_by_manager(FOREIGN_MANAGER), {"state": "absent"}, "which is another swarm"),
        (without_manager(WORKER, "198.18.1.99"), {"state": "absent"}, "it is not known"),
    ],
)
def test_plan_join_refuses(state: JoinState, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_join(state, join_params(**changes))
    assert said in caught.value.message
    assert "leave_foreign: true" in caught.value.message or "advertise_addr" in caught.value.message


def test_the_token_is_in_no_representation_of_the_plan() -> None:
    plan = plan_join(seen_by_manager(NOWHERE), join_params())
    assert plan.steps[0].secrets["join_token"] == "SWMTKN-secret"
    assert "SWMTKN-secret" not in repr(plan)


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("rpc error: remote CA does not match fingerprint. Expected: ab", "of another swarm than"),
        (
            "rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster",
            "was rotated",
        ),
        ("invalid join token", "SWMTKN-1-...-"),
        ("Swarm is encrypted and needs to be unlocked before it can be used.", "docker swarm unlock"),
        ("x509: certificate has expired or is not yet valid", "Set the clocks"),
        ("transport: Error while dialing: dial tcp 198.18.1.12:2377: connect: connection refused", "at port 2377/tcp"),
        (
            "could not choose an IP address to advertise since this system has multiple addresses",
            "Set swarm_advertise_addr (the module's option advertise_addr)",
        ),
        ("could not find local IP address: no such network interface", "no interface of this host"),
        ("something new", "something new"),
    ],
)
def test_explain_join_error(said: str, ours: str) -> None:
    assert ours in explain_join_error(said, THREE)


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
