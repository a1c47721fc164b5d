# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError
from ansible_collections.distrain.cluster.plugins.module_utils.swarm import membership as local_membership
from ansible_collections.distrain.cluster.plugins.module_utils.swarm import steps as swarm_steps
from ansible_collections.distrain.cluster.plugins.modules import (
    overlay_network,
    swarm_info,
    swarm_init,
    swarm_join,
    swarm_node,
    swarm_nodes,
    swarm_tokens,
)
from ansible_collections.distrain.cluster.tests.unit.support.fake_engine import FakeEngine, network, node

JOIN = {
    "manager": "gpu01",
    "remote_addrs": ["198.18.1.11:2377"],
    "join_token": "SWMTKN-secret",
    "member_node_ids": ["m1"],
    "manager_hosts": ["198.18.1.11"],
}


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(autouse=True)
def ports(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The TCP ports at which the host listens."""
    taken: set[int] = set()
    monkeypatch.setattr(local_membership, "listening_ports", lambda: taken)
    monkeypatch.setattr(swarm_steps, "GOSSIP_SECONDS", 0)
    monkeypatch.setattr(swarm_steps, "ELECTION_SECONDS", 0)
    monkeypatch.setattr(local_membership, "own_addresses", lambda: frozenset({"198.18.1.11", "198.18.1.12"}))
    monkeypatch.setattr(local_membership, "answers", lambda host, port: host == "198.18.1.12")
    return taken


@pytest.fixture
def run(engine: FakeEngine, run_module: Any) -> Any:
    return partial(run_module, engine=engine)


def test_init_in_check_mode_changes_nothing(engine: FakeEngine, run: Any) -> None:
    result = run(swarm_init, check_mode=True)
    assert result["changed"] and result["node_id"] == ""
    assert engine.calls == []


def test_init_then_again(engine: FakeEngine, run: Any) -> None:
    first, second = run(swarm_init, advertise_addr="198.18.1.11"), run(swarm_init, advertise_addr="198.18.1.11")
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["swarm_id"] == second["swarm_id"] == "swarm1"
    assert first["diff"] == {"before": {"state": "absent"}, "after": {"state": "active", "role": "manager"}}
    assert engine.calls == ["init"]


def test_init_refuses_a_worker(engine: FakeEngine, run: Any) -> None:
    engine.become_worker()
    result = run(swarm_init)
    assert result["failed"] and result["manager_addresses"] == ["198.18.1.11:2377"]
    assert engine.calls == []


def test_init_names_the_managers_that_are_missing(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().swarm_info["Error"] = "The swarm does not have a leader."
    engine.swarm_info["RemoteManagers"] += [{"Addr": "198.18.1.12:2377"}, {"Addr": "198.18.1.13:2377"}]
    assert "do not answer at their port: 198.18.1.13:2377." in run(swarm_init)["msg"]


def test_init_makes_no_second_swarm(engine: FakeEngine, run: Any) -> None:
    assert "swarm_first_manager: gpu-02" in run(swarm_init, working_managers=["gpu-02"])["msg"]
    assert engine.calls == []


def test_init_absent(engine: FakeEngine, run: Any) -> None:
    engine.become_manager()
    assert run(swarm_init, state="absent")["failed"]
    assert run(swarm_init, state="absent", force=True)["changed"]
    assert not run(swarm_init, state="absent", force=True)["changed"]
    assert engine.calls == ["leave force=True"]


def test_join(engine: FakeEngine, run: Any) -> None:
    result = run(swarm_join, **JOIN)
    assert result["changed"] and result["node_id"] == "w2" and result["role"] == "worker"
    assert "SWMTKN-secret" not in str(result)
    assert engine.calls == ["join 198.18.1.11:2377 with SWMTKN-secret"]


def test_join_of_a_member(engine: FakeEngine, run: Any) -> None:
    engine.become_worker("w1")
    result = run(swarm_join, **{**JOIN, "member_node_ids": ["m1", "w1"]})
    assert not result["changed"] and result["node_id"] == "w1"
    assert engine.calls == []


def test_join_leaves_a_foreign_swarm_only_on_demand(engine: FakeEngine, run: Any) -> None:
    engine.become_worker("f1", ("203.0.113.5:2377",))
    refused = run(swarm_join, **JOIN)
    assert refused["failed"] and "203.0.113.5:2377" in refused["msg"]
    assert run(swarm_join, **JOIN, leave_foreign=True)["changed"]
    assert engine.calls == ["leave force=True", "join 198.18.1.11:2377 with SWMTKN-secret"]


def test_join_that_times_out_in_the_engine_and_then_succeeds(engine: FakeEngine, run: Any) -> None:
    engine.join_error = EngineError("Timeout was reached before node joined.", status=503)
    assert run(swarm_join, **JOIN)["changed"]


def test_join_that_is_never_answered_is_withdrawn(engine: FakeEngine, run: Any) -> None:
    engine.state_after_join = "pending"
    result = run(swarm_join, **JOIN, timeout=0)
    assert result["failed"] and "was withdrawn" in result["msg"] and "198.18.1.11:2377" in result["msg"]
    assert engine.calls[-1] == "leave force=True"


def test_join_that_the_engine_refuses(engine: FakeEngine, run: Any) -> None:
    engine.state_after_join = "inactive"
    engine.join_error = EngineError("invalid join token", status=400)
    result = run(swarm_join, **JOIN)
    assert result["failed"] and "SWMTKN-1-" in result["msg"] and result["engine_said"] == "invalid join token"


@pytest.mark.parametrize("module", [swarm_init, swarm_join])
def test_no_swarm_while_the_gossip_port_is_taken(engine: FakeEngine, run: Any, ports: set[int], module: Any) -> None:
    ports.add(7946)
    arguments = JOIN if module is swarm_join else {}
    assert "7946/tcp is taken" in run(module, **arguments)["msg"]
    assert engine.calls == []
    run(module, **arguments, docker_host="tcp://198.18.1.11:2375")
    assert len(engine.calls) == 1


def test_join_stops_where_leaving_did_not_free_the_gossip_port(engine: FakeEngine, run: Any, ports: set[int]) -> None:
    ports.add(7946)
    engine.become_worker("f1", ("203.0.113.5:2377",))
    assert "systemctl restart docker" in run(swarm_join, **JOIN, leave_foreign=True)["msg"]
    assert engine.calls == ["leave force=True"]


def test_join_absent_returns_the_node_it_was(engine: FakeEngine, run: Any) -> None:
    engine.become_worker("w1")
    result = run(swarm_join, **{**JOIN, "member_node_ids": ["m1", "w1"]}, state="absent")
    assert result["changed"] and result["node_id"] == "w1"
    assert not run(swarm_join, **JOIN, state="absent")["changed"]


def test_info_outside_a_swarm(run: Any) -> None:
    result = run(swarm_info)
    assert (result["active"], result["is_manager"], result["nodes"]) == (False, False, [])
    assert "join_token" not in result


def test_info_on_a_manager(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().node_list.append(node("w1", hostname="gpu02"))
    result = run(swarm_info, join_token_role="manager", wait_for_ready=["w1"])
    assert [(one["id"], one["role"], one["state"]) for one in result["nodes"]] == [
        ("m1", "manager", "ready"),
        ("w1", "worker", "ready"),
    ]
    assert result["join_token"] == "SWMTKN-manager"


def test_info_names_the_nodes_that_are_not_ready(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().node_list.append(node("w1", state="down", hostname="gpu02"))
    result = run(swarm_info, wait_for_ready=["m1", "w1", "w2"], timeout=0)
    assert result["failed"] and "w1 (gpu02: down), w2 (unknown)" in result["msg"]


def test_info_on_a_manager_without_a_leader(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().swarm_info["Error"] = "The swarm does not have a leader."
    result = run(swarm_info)
    assert (result["is_manager"], result["nodes"]) == (True, []) and "leader" in result["error"]
    assert result["silent_managers"] == []
    assert "leader" in run(swarm_info, wait_for_ready=["m1"])["msg"]


def test_info_has_no_token_on_a_worker(engine: FakeEngine, run: Any) -> None:
    engine.become_worker()
    assert run(swarm_info, join_token_role="worker")["failed"]


def test_node_is_promoted_and_demoted(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().node_list.append(node("w1"))
    assert run(swarm_node, node_id="w1", role="manager")["node"]["role"] == "manager"
    assert not run(swarm_node, node_id="w1", role="manager")["changed"]
    assert run(swarm_node, node_id="w1", role="worker")["changed"]
    assert engine.calls == ["set_role w1 manager", "set_role w1 worker"]


def test_node_is_removed_once_it_is_down(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().node_list.append(node("w1", state="ready"))
    assert run(swarm_node, node_id="w1", state="absent", timeout=0)["failed"]
    engine.node_list[1]["Status"]["State"] = "down"
    assert run(swarm_node, node_id="w1", state="absent")["changed"]
    assert not run(swarm_node, node_id="w1", state="absent")["changed"]


def test_node_is_drained(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().node_list.append(node("w1"))
    engine.tasks["w1"] = [{"ServiceID": "s1"}]
    stuck = run(swarm_node, node_id="w1", availability="drain", timeout=0)
    assert stuck["failed"] and "1 tasks of services still run" in stuck["msg"]
    # A container that is attached to the overlay is no task of a service.
    engine.tasks["w1"] = [{}]
    assert not run(swarm_node, node_id="w1", availability="drain")["changed"]
    assert run(swarm_node, node_id="w1", availability="active")["changed"]
    assert engine.calls == ["set_availability w1 drain", "set_availability w1 active"]


def test_nodes_of_the_past_are_removed(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().node_list += [node("w1", hostname="gpu-02", state="down"), node("w2", hostname="gpu-02")]
    members = [{"node_id": "w2", "hostname": "gpu-02", "addresses": ["198.18.1.12"], "availability": "active"}]
    assert run(swarm_nodes, members=members, check_mode=True)["changed"] and engine.calls == []
    assert run(swarm_nodes, members=members)["changed"]
    assert not run(swarm_nodes, members=members)["changed"]
    assert engine.calls == ["remove w1 force=False"]


def test_nodes_are_listed_on_a_manager_only(run: Any) -> None:
    assert "no manager" in run(swarm_nodes, members=[])["msg"]


def test_tokens_are_made_anew_and_shown_nowhere(engine: FakeEngine, run: Any) -> None:
    engine.become_manager()
    assert run(swarm_tokens, check_mode=True)["changed"] and engine.calls == []
    result = run(swarm_tokens)
    assert result["changed"] and result["roles"] == ["worker", "manager"]
    assert "SWMTKN" not in str(result)
    assert engine.calls == ["rotate worker=True manager=True"]


def test_tokens_that_stay_the_same_are_an_error(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().rotates = False
    assert "still to be done: rotate" in run(swarm_tokens)["msg"]


def test_tokens_are_on_a_manager_only(engine: FakeEngine, run: Any) -> None:
    engine.become_worker()
    assert "no join tokens" in run(swarm_tokens)["msg"]


def test_network_is_made_once_and_removed_once(engine: FakeEngine, run: Any) -> None:
    engine.become_manager()
    wanted = {"name": "distrain", "subnet": "10.77.0.0/16", "mtu": 9000, "labels": {"a": 1}}
    assert run(overlay_network, **wanted, check_mode=True)["changed"]
    first, second = run(overlay_network, **wanted), run(overlay_network, **wanted)
    assert (first["changed"], second["changed"]) == (True, False)
    assert second["network"]["mtu"] == 9000 and second["network"]["labels"] == {"a": "1"}
    assert run(overlay_network, name="distrain", state="absent")["changed"]
    assert not run(overlay_network, name="distrain", state="absent")["changed"]
    assert engine.calls == ["create distrain", "remove id-distrain"]


def test_a_network_that_the_manager_has_not_allocated_yet_is_waited_for(
    run: Any, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.become_manager()
    settled, looks = engine.network, [{"Driver": ""}, {"Driver": ""}, {}]
    monkeypatch.setattr(
        engine, "network", lambda name: (found := settled(name)) and {**found, **(looks.pop(0) if looks else {})}
    )
    assert run(overlay_network, name="distrain", subnet="10.77.0.0/16")["changed"]
    assert looks == []


def test_network_in_use_elsewhere_is_not_removed(engine: FakeEngine, run: Any) -> None:
    engine.become_manager().network_list.append(network("distrain", [{"Subnet": "10.77.0.0/16"}]))
    engine.remove_network_error = EngineError("network n1 is in use by task t1", status=400)
    result = run(overlay_network, name="distrain", state="absent")
    assert result["failed"] and "in use by task t1" in result["msg"] and "Remove those containers" in result["msg"]
