# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.nodes_plan import plan_node, plan_nodes
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, Node
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.tokens_plan import Tokens, plan_rotation
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.needs import host_needs, unlisted_sentences


def node(node_id: str = "w1", number: int = 2, **changes: Any) -> Node:
    given = {"role": "worker", "state": "down", "availability": "active", **changes}
    return Node(id=node_id, hostname=f"gpu0{number}", address=f"198.18.1.1{number}", **given)


def manager(node_id: str, number: int, up: bool = True) -> Node:
    state, reachability = ("ready", "reachable") if up else ("down", "unreachable")
    address = f"198.18.1.1{number}:2377"
    return node(node_id, number, role="manager", state=state, manager_address=address, reachability=reachability)


FIRST = manager("m1", 1)
WORKER = node("w2", 2, state="ready")
ALONE = (FIRST,)


def verbs(plan: Plan) -> list[str]:
    return [" ".join(str(one) for one in (step.verb, *step.arguments.values())) for step in plan.steps]


def node_params(**changes: Any) -> dict[str, Any]:
    return {"node_id": "w1", "state": "present", "role": None, "availability": None, "force": False, **changes}


@pytest.mark.parametrize(
    ("found", "changes", "expected"),
    [
        (node(), {}, []),
        (node(), {"role": "worker"}, []),
        (node(), {"role": "manager"}, ["set_role w1 manager"]),
        (node(), {"availability": "active"}, []),
        (node(), {"availability": "drain"}, ["set_availability w1 drain"]),
        (manager("w1", 2), {"role": "worker"}, ["set_role w1 worker"]),
        (
            manager("w1", 2),
            {"role": "worker", "availability": "drain"},
            ["set_availability w1 drain", "set_role w1 worker"],
        ),
        (None, {"state": "absent"}, []),
        (node(), {"state": "absent"}, ["remove w1 False"]),
        (node(state="ready"), {"state": "absent", "force": True}, ["remove w1 True"]),
    ],
)
def test_plan_node(found: Node | None, changes: dict[str, Any], expected: list[str]) -> None:
    nodes = (*ALONE, found) if found else ALONE
    assert verbs(plan_node(nodes, node_params(**changes))) == expected


@pytest.mark.parametrize(
    ("nodes", "changes", "said"),
    [
        (ALONE, {}, "No node with the ID w1"),
        ((manager("w1", 2),), {"state": "absent", "force": True}, "set its role to worker"),
        ((node(state="ready"),), {"state": "absent"}, "is Ready"),
        ((manager("w1", 2),), {"role": "worker"}, "it is the last one"),
        (
            (manager("w1", 2), manager("m1", 1), manager("m3", 3, up=False)),
            {"role": "worker"},
            "cannot be reached: gpu03",
        ),
    ],
)
def test_plan_node_refuses(nodes: tuple[Node, ...], changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_node(nodes, node_params(**changes))
    assert said in caught.value.message


def member(node_id: str, number: int, availability: str = "active") -> dict[str, Any]:
    return {
        "node_id": node_id,
        "hostname": f"gpu0{number}",
        "addresses": [f"198.18.1.1{number}"],
        "availability": availability,
    }


MEMBERS = [member("m1", 1), member("w2", 2)]
LEFT = {"node_id": "", "hostname": "gpu02", "addresses": [], "availability": ""}
RENAMED = Node("w1", "old", "worker", "down", "active", "198.18.1.12")
MOVED = Node("w1", "gpu02", "worker", "down", "active", "198.18.9.12")
OTHER = Node("x1", "elsewhere", "worker", "ready", "active", "203.0.113.5")
LEADER_AT_NOWHERE = Node("x1", "gone", "worker", "down", "active", "0.0.0.0")


def nodes_params(**changes: Any) -> dict[str, Any]:
    return {"members": MEMBERS, "remove_unlisted": False, "inventory_names": [], **changes}


@pytest.mark.parametrize(
    ("nodes", "changes", "expected"),
    [
        ((FIRST, WORKER), {}, []),
        # Drained, and back.
        ((FIRST, WORKER), {"members": [member("w2", 2, "drain")]}, ["set_availability w2 drain"]),
        ((FIRST, node("w2", 2, availability="drain")), {}, ["set_availability w2 active"]),
        ((FIRST, node("w2", 2, availability="drain")), {"members": [member("w2", 2, "")]}, []),
        # What a host that joined anew has left behind.
        ((FIRST, WORKER, node("w1", 2)), {}, ["remove w1 False"]),
        ((FIRST, WORKER, RENAMED), {}, ["remove w1 False"]),
        ((FIRST, WORKER, MOVED), {}, ["remove w1 False"]),
        ((FIRST, WORKER, node("w1", 2, state="ready")), {}, []),
        ((FIRST, WORKER, node("w1", 2, state="unknown")), {}, []),
        ((FIRST, WORKER, node("w3", 3)), {}, []),
        ((FIRST, WORKER, LEADER_AT_NOWHERE), {"members": [{**MEMBERS[1], "addresses": ["0.0.0.0"]}]}, []),
        ((FIRST, WORKER, manager("m9", 2, up=False)), {}, ["set_role m9 worker", "remove m9 False"]),
        ((FIRST, node("w2", 2)), {"members": [MEMBERS[0], LEFT]}, ["remove w2 False"]),
        ((FIRST, WORKER), {"members": [MEMBERS[0], LEFT]}, []),
        # No host of the inventory, and only when asked.
        ((FIRST, WORKER, OTHER), {}, []),
        ((FIRST, WORKER, OTHER), {"remove_unlisted": True}, ["set_availability x1 drain", "remove x1 True"]),
        ((FIRST, WORKER, node("w3", 3)), {"remove_unlisted": True}, ["remove w3 False"]),
        ((FIRST, WORKER, OTHER), {"remove_unlisted": True, "inventory_names": ["elsewhere"]}, []),
        ((FIRST, WORKER, OTHER), {"remove_unlisted": True, "inventory_names": ["203.0.113.5"]}, []),
        (
            (FIRST, WORKER, manager("m3", 3)),
            {"remove_unlisted": True},
            ["set_availability m3 drain", "set_role m3 worker", "remove m3 True"],
        ),
    ],
)
def test_plan_nodes(nodes: tuple[Node, ...], changes: dict[str, Any], expected: list[str]) -> None:
    assert verbs(plan_nodes(nodes, nodes_params(**changes))) == expected


def test_plan_nodes_keeps_the_quorum() -> None:
    nodes = (FIRST, manager("m2", 2), manager("m3", 3, up=False))
    with pytest.raises(PlanError) as caught:
        plan_nodes(nodes, nodes_params(members=[member("m1", 1), member("m3", 3)], remove_unlisted=True))
    assert "losing its quorum" in caught.value.message


def test_plan_nodes_shows_what_changes() -> None:
    plan = plan_nodes((FIRST, WORKER), nodes_params(members=[member("w2", 2, "drain")]))
    assert plan.before["nodes"]["gpu02 (w2)"]["availability"] == "active"
    assert plan.after["nodes"]["gpu02 (w2)"]["availability"] == "drain"


VIEW = {"is_manager": True, "error": "", "nodes": [one.as_result() for one in (FIRST, WORKER)]}
IS_FIRST = Membership("active", True, "s", "m1", "198.18.1.11", "", ("198.18.1.11:2377",), False, "gpu01").as_facts()
IS_WORKER = Membership("active", False, "", "w2", "198.18.1.12", "", ("198.18.1.11:2377",), False, "gpu02").as_facts()
NOWHERE = Membership(hostname="gpu02").as_facts()


def wanted(**changes: Any) -> dict[str, Any]:
    given = {"is_first": False, "state": "present", "role": "worker", "advertise_addr": "", "availability": "active"}
    return {**given, **changes}


def view(*nodes: Node) -> dict[str, Any]:
    return {**VIEW, "nodes": [one.as_result() for one in nodes]}


@pytest.mark.parametrize(
    ("observed", "seen", "changes", "expected"),
    [
        (IS_FIRST, VIEW, {"is_first": True, "role": "manager"}, []),
        (NOWHERE, {}, {"is_first": True}, ["init"]),
        ({**IS_FIRST, "error": "no leader"}, VIEW, {"is_first": True}, ["init"]),
        (IS_FIRST, VIEW, {"is_first": True, "advertise_addr": "198.18.9.9"}, ["init"]),
        (IS_FIRST, VIEW, {"is_first": True, "availability": "drain"}, ["entry"]),
        (IS_WORKER, VIEW, {}, []),
        (IS_WORKER, VIEW, {"advertise_addr": "198.18.1.12"}, []),
        (IS_WORKER, VIEW, {"advertise_addr": "198.18.9.9"}, ["join"]),
        (IS_WORKER, VIEW, {"role": "manager"}, ["join"]),
        (IS_WORKER, VIEW, {"availability": "pause"}, ["entry"]),
        (IS_WORKER, view(FIRST, node("w2", 2)), {}, ["join"]),
        (IS_WORKER, view(FIRST, WORKER, node("w1", 2)), {}, ["entry"]),
        (IS_WORKER, view(FIRST), {}, ["join"]),
        (IS_WORKER, {}, {}, ["join"]),
        (IS_WORKER, {**VIEW, "error": "no leader", "nodes": []}, {}, ["join"]),
        (NOWHERE, VIEW, {}, ["join"]),
        (NOWHERE, view(FIRST, node("w2", 2)), {}, ["join", "entry"]),
        (IS_WORKER, VIEW, {"state": "absent"}, ["leave"]),
        (NOWHERE, view(FIRST), {"state": "absent"}, []),
        (NOWHERE, view(FIRST, node("w2", 2)), {"state": "absent"}, ["entry"]),
    ],
)
def test_host_needs(
    observed: dict[str, Any], seen: dict[str, Any], changes: dict[str, Any], expected: list[str]
) -> None:
    assert host_needs(observed, seen, wanted(**changes)) == expected


def test_tokens_are_rotated_once() -> None:
    found = {"worker": "1", "manager": "2"}
    params = {"roles": ["worker", "manager"]}
    assert plan_rotation(Tokens(found, found), params).steps[0].arguments == {"roles": ["worker", "manager"]}
    assert not plan_rotation(Tokens(found, {"worker": "3", "manager": "4"}), params).changes
    assert plan_rotation(Tokens(found, {"worker": "3", "manager": "2"}), params).changes


STRANGER = node("w9", 9, state="ready")
MEMBERSHIPS = {"gpu01": IS_FIRST, "gpu02": IS_WORKER}


@pytest.mark.parametrize(
    ("nodes", "hosts", "names", "expected"),
    [
        pytest.param([FIRST, WORKER], ["gpu01", "gpu02"], [], [], id="every node is of a host"),
        pytest.param([FIRST, WORKER, STRANGER], ["gpu01", "gpu02"], [], ["gpu09"], id="a host that was taken out"),
        pytest.param([FIRST, STRANGER], ["gpu01"], ["gpu09"], [], id="the inventory knows its host name"),
        pytest.param([FIRST, STRANGER], ["gpu01"], ["x", "198.18.1.19"], [], id="the inventory knows its address"),
        pytest.param([FIRST, node("w1", 2)], ["gpu01", "gpu02"], [], [], id="an old entry of a host"),
        pytest.param([FIRST, node("w9", 9)], ["gpu01"], [""], ["gpu09"], id="a node that is down"),
        pytest.param([], ["gpu01"], [], [], id="no manager"),
    ],
)
def test_nodes_that_are_no_host_of_the_inventory_are_named(
    nodes: list[Node], hosts: list[str], names: list[str], expected: list[str]
) -> None:
    found = unlisted_sentences([MEMBERSHIPS[host] for host in hosts], [one.as_result() for one in nodes], names)
    assert [one.split()[1] for one in found] == expected
    assert all("swarm_remove_unlisted=true" in one and "w9" in one for one in found)
