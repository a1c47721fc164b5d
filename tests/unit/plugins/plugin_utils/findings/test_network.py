# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.blame import blame, blame_undirected
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.clocks import clocks_off
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.network import network_findings

Row = dict[str, Any]
OPEN = {"2377/tcp": "open", "7946/tcp": "open", "7946/udp": "open", "4789/udp": "open", "measure/udp": "open"}
GOOD = {"features": {"vxlan": True, "esp": True}}
HOSTS = ("a", "b", "c")
FACTS = dict.fromkeys(HOSTS, GOOD)


def measurement(source: str, target: str, network: str = "n", **changes: Any) -> Row:
    return {
        "source": source,
        "target": target,
        "network": network,
        "ports": {**OPEN, **changes.pop("ports", {})},
        "answered_by": target,
        "mtu": 1500,
        "path_mtu": 1500,
        "rtt_ms": 0.1,
        "mbits": 1000.0,
        "clock_offset_s": 0.0,
        **changes,
    }


def mesh(change: Callable[[str, str], dict[str, Any]], network: str = "n", hosts: tuple[str, ...] = HOSTS) -> list[Row]:
    return [measurement(source, target, network, **change(source, target)) for source, target in permutations(hosts, 2)]


def clean(_source: str, _target: str) -> dict[str, Any]:
    return {}


def closed(*labels: str, outcome: str = "timeout") -> dict[str, Any]:
    return {"ports": dict.fromkeys(labels, outcome)}


def found(rows: list[Row], facts: Any = None, encrypted: bool = False) -> list[tuple[str, str, str]]:
    facts = facts or FACTS
    return [(one.severity, one.host, one.subject) for one in network_findings(rows, facts, list(facts), encrypted)]


def test_a_clean_network_is_no_finding() -> None:
    assert found(mesh(clean)) == []
    assert found([]) == []


NOT_OURS = closed(*OPEN, outcome="other host c")
FAULTS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "into b": lambda _source, target: closed("4789/udp") if target == "b" else {},
    "out of b": lambda source, _target: closed("4789/udp") if source == "b" else {},
    "two ports of b": lambda _, to: closed("2377/tcp", "7946/tcp", outcome="refused") if to == "b" else {},
    "everything": lambda *_pair: {**closed(*OPEN), "answered_by": None, "path_mtu": None, "clock_offset_s": None},
    "one pair": lambda *pair: closed("7946/udp") if pair == ("a", "c") else {},
    "taken": lambda *_pair: closed("7946/udp", "4789/udp", outcome="taken"),
    "small at c": lambda *pair: {"path_mtu": 1400} if "c" in pair else {},
    "small everywhere": lambda *_pair: {"path_mtu": 1400},
    "not ours": lambda source, _target: {"answered_by": source, **closed(*OPEN, outcome=f"other host {source}")},
    "twice": lambda *pair: {"answered_by": "c", **NOT_OURS} if pair == ("a", "b") else {},
}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("into b", [("error", "b", "4789/udp")]),
        ("out of b", [("error", "b", "4789/udp")]),
        ("two ports of b", [("error", "b", "2377/tcp, 7946/tcp")]),
        ("everything", [("error", "all", "2377/tcp, 7946/tcp, 7946/udp, 4789/udp")]),
        ("one pair", [("error", "c", "7946/udp")]),
        ("taken", []),
        ("small at c", [("warning", "c", "MTU")]),
        ("small everywhere", [("warning", "all", "MTU")]),
        ("not ours", [("note", "all", "n")]),
        ("twice", [("error", "b", "duplicate address")]),
    ],
)
def test_many_pairs_become_one_finding(fault: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(mesh(FAULTS[fault])) == expected


@pytest.mark.parametrize(("fault", "severity"), [("into b", "note"), ("everything", "note"), ("twice", "warning")])
def test_a_fault_of_one_network_counts_less_where_another_connects(fault: str, severity: str) -> None:
    assert {one[0] for one in found(mesh(FAULTS[fault]) + mesh(clean, "m"))} == {severity}
    # Another network that connects other hosts does not help.
    assert {one[0] for one in found(mesh(FAULTS[fault]) + mesh(clean, "m", ("a", "c")))} == {"error"}


def test_a_network_that_connects_nobody_is_no_error_where_another_only_has_a_fault() -> None:
    nobody = mesh(lambda _source, _target: {**closed("7946/tcp", "7946/udp", "4789/udp"), "answered_by": None}, "decoy")
    assert [one[0] for one in found(nobody + mesh(FAULTS["into b"])) if one[1] == "all"] == ["note"]
    assert [one[0] for one in found(nobody) if one[1] == "all"] == ["error"]


def test_nobody_asks_a_worker_at_the_port_of_the_managers() -> None:
    rows = mesh(lambda _source, target: closed("2377/tcp") if target == "b" else {})
    assert network_findings(rows, FACTS, managers=["a", "c"]) == []
    assert [one.subject for one in network_findings(rows, FACTS, managers=["a", "b"])] == ["2377/tcp"]


def test_it_says_who_asked_where_and_what_to_open() -> None:
    one = network_findings(mesh(FAULTS["into b"]), FACTS, list(FACTS))[0]
    assert one.found == "in n it does not answer at 4789/udp (timeout), asked by a, c"
    assert one.remedy.startswith("Open 4789/udp between the hosts of the cluster, in the firewall of b")
    assert "set swarm_data_path_port to another port such as 7789" in one.remedy
    one = network_findings(mesh(FAULTS["out of b"]), FACTS, list(FACTS))[0]
    assert one.found == "in n it gets no answer at 4789/udp (timeout) of a, c"


def test_it_says_which_size_crosses() -> None:
    one = network_findings(mesh(FAULTS["small at c"]), FACTS, list(FACTS))[0]
    assert "MTU of 1500, but packets above 1400 bytes are lost between it and a, b" in one.found
    assert "swarm_network_mtu to 1400" in one.remedy


@pytest.mark.parametrize(
    ("features", "encrypted", "expected"),
    [
        ({"vxlan": False, "esp": True}, False, ["kernel"]),
        ({"vxlan": True, "esp": False}, False, []),
        ({"vxlan": True, "esp": False}, True, ["swarm_network_encrypted"]),
        ({"vxlan": None, "esp": None}, True, []),
        (None, True, []),
    ],
)
def test_what_kernels_lack(features: Any, encrypted: bool, expected: list[str]) -> None:
    facts = {**FACTS, "b": {"features": features}}
    assert found([], facts, encrypted) == [("error", "b", subject) for subject in expected]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.5, []), (3.0, [("warning", "b", "clock")]), (-600.0, [("error", "b", "clock")])],
)
def test_the_host_that_is_off_is_named(seconds: float, expected: list[tuple[str, str, str]]) -> None:
    clocks = {"a": 0.0, "b": seconds, "c": 0.01}
    rows = mesh(lambda source, target: {"clock_offset_s": clocks[target] - clocks[source]})
    assert found(rows) == expected


def test_it_says_by_how_much_a_clock_is_off() -> None:
    clocks = {"a": 0.0, "b": 600.0, "c": 0.0}
    rows = mesh(lambda source, target: {"clock_offset_s": clocks[target] - clocks[source]})
    assert network_findings(rows, FACTS, list(FACTS))[0].found == "its clock is 600.0 s ahead of that of a"


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([], {}),
        ([("a", "b", 9.0)], {"a": 0.0, "b": 9.0}),
        ([("a", "b", -9.0)], {"a": 9.0, "b": 0.0}),
        ([("a", "b", 1.0), ("b", "c", 1.0)], {"a": -1.0, "b": 0.0, "c": 1.0}),
        ([("a", "b", 0.0), ("c", "d", 5.0)], {"a": 0.0, "b": 0.0, "c": 0.0, "d": 5.0}),
    ],
)
def test_clocks_against_the_median(differences: Any, expected: dict[str, float]) -> None:
    assert {host: seconds for host, (seconds, _reference) in clocks_off(differences).items()} == expected


PAIRS = tuple(permutations(HOSTS, 2))


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        ([], []),
        (PAIRS, [("all", "everywhere", HOSTS)]),
        ([("a", "b")], [("b", "into", ("a",))]),
        ([("a", "b"), ("c", "b")], [("b", "into", ("a", "c"))]),
        ([("b", "a"), ("b", "c")], [("b", "out of", ("a", "c"))]),
        ([("a", "b"), ("c", "b"), ("b", "a")], [("b", "into", ("a", "c")), ("a", "into", ("b",))]),
    ],
)
def test_blame(failed: Any, expected: Any) -> None:
    assert [(one.host, one.direction, one.others) for one in blame(failed, PAIRS)] == expected


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        ([], []),
        (PAIRS, [("all", HOSTS)]),
        ([("a", "b"), ("b", "c")], [("b", ("a", "c"))]),
        ([("a", "b")], [("a", ("b",))]),
    ],
)
def test_blame_without_a_direction(failed: Any, expected: Any) -> None:
    assert [(one.host, one.others) for one in blame_undirected(failed, PAIRS)] == expected
