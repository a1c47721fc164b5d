# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.overlay.table import matrix_lines, verdict_message
from ansible_collections.distrain.cluster.plugins.plugin_utils.overlay.verdict import Overlay, judge_overlay

HOSTS = ("a", "b", "c")
ADDRESSES = {"a": "10.77.0.2", "b": "10.77.0.3", "c": "10.77.0.4"}
ALL_RECEIVED = {host: [other for other in HOSTS if other != host] for host in HOSTS}
NO_ESP = {host: {"vxlan": True, "esp": False} for host in HOSTS}
Row = dict[str, Any]


def row(source: str, target: str, **changes: Any) -> Row:
    return {
        "source": source,
        "target": target,
        "network": "distrain",
        "ports": {"measure/udp": "open", "measure/tcp": "open"},
        "answered_by": target,
        "address": ADDRESSES[target],
        "resolved": ADDRESSES[target],
        "mtu": 1450,
        "path_mtu": 1450,
        "rtt_ms": 0.2,
        "mbits": 900.0,
        "clock_offset_s": 0.0,
        **changes,
    }


LOST = {
    "ports": {"measure/udp": "timeout", "measure/tcp": "timeout"},
    "answered_by": None,
    "path_mtu": None,
    "rtt_ms": None,
    "mbits": None,
}
NO_TCP = {"ports": {"measure/udp": "open", "measure/tcp": "timeout"}, "mbits": None}
NO_UDP = {"ports": {"measure/udp": "timeout", "measure/tcp": "open"}, "path_mtu": None, "rtt_ms": None}


def mesh(change: Callable[[str, str], Row | None]) -> list[Row]:
    return [row(source, target, **(change(source, target) or {})) for source, target in permutations(HOSTS, 2)]


def between_b_and(changes: Row) -> Callable[[str, str], Row | None]:
    return lambda source, target: changes if "b" in (source, target) else None


def always(changes: Row) -> Callable[[str, str], Row | None]:
    return lambda _source, _target: changes


def causes(verdict: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["cause"], one["host"]) for one in verdict["problems"]]


def test_a_whole_overlay() -> None:
    verdict = judge_overlay(mesh(always({})), Overlay("distrain", received_from=ALL_RECEIVED))
    assert (verdict["whole"], verdict["problems"], verdict_message(verdict)) == (True, [], "")
    assert verdict["matrix"][0] == {
        "source": "a",
        "target": "b",
        "resolved": "10.77.0.3",
        "ms": 0.2,
        "mtu": 1450,
        "path_mtu": 1450,
        "mbits": 900.0,
        "verdict": "ok",
    }


def test_one_host_alone_has_a_whole_overlay() -> None:
    assert judge_overlay([], Overlay())["whole"]


@pytest.mark.parametrize(
    ("change", "overlay", "expected"),
    [
        (always(LOST), Overlay(encrypted=True, features=NO_ESP), [("esp", "a, b, c")]),
        (between_b_and(LOST), Overlay(encrypted=True, features={"b": {"esp": False}}), [("esp", "b")]),
        (always(LOST), Overlay(encrypted=False, features=NO_ESP), [("4789/udp", "all")]),
        (always(LOST), Overlay(encrypted=True, features={"a": {"esp": None}}), [("4789/udp", "all")]),
        (always(LOST), Overlay(), [("4789/udp", "all")]),
        (always(LOST), Overlay(data_path_port=7789), [("7789/udp", "all")]),
        (always(LOST), Overlay(received_from=ALL_RECEIVED), [("4789/udp", "all")]),
        (between_b_and(LOST), Overlay(received_from={"a": ["c"], "b": [], "c": ["a"]}), [("4789/udp", "b")]),
        (between_b_and(LOST), Overlay(received_from={"a": ["b", "c"], "b": [], "c": ["a", "b"]}), [("4789/udp", "b")]),
        (always({**LOST, "resolved": None}), Overlay(), [("gossip", "all")]),
        (between_b_and({**LOST, "resolved": None}), Overlay(received_from=ALL_RECEIVED), [("gossip", "b")]),
        (between_b_and({"path_mtu": 1350}), Overlay(), [("mtu", "b")]),
        (always({"path_mtu": 1350}), Overlay(), [("mtu", "all")]),
        (always({"path_mtu": None}), Overlay(), [("mtu", "all")]),
        (always({**NO_TCP, "path_mtu": 1350}), Overlay(), [("mtu", "all")]),
        (between_b_and(NO_TCP), Overlay(), [("checksums", "b")]),
        (between_b_and(NO_UDP), Overlay(), [("udp", "b")]),
        (always({"resolved": None}), Overlay(), [("name", "all")]),
        (always({"resolved": "10.77.0.99"}), Overlay(), [("name", "all")]),
    ],
)
def test_every_blackhole_has_its_name(
    change: Callable[[str, str], Row | None], overlay: Overlay, expected: list[tuple[str, str]]
) -> None:
    verdict = judge_overlay(mesh(change), overlay)
    assert not verdict["whole"]
    assert causes(verdict) == expected
    assert all(one["remedy"] for one in verdict["problems"])


def test_what_crosses_one_way_only_blames_the_host_that_receives_nothing() -> None:
    verdict = judge_overlay(
        mesh(between_b_and(LOST)), Overlay("distrain", received_from={"a": ["b", "c"], "b": [], "c": ["a", "b"]})
    )
    by_pair = {(one["source"], one["target"]): one["verdict"] for one in verdict["matrix"]}
    assert (by_pair["a", "b"], by_pair["b", "a"]) == ("only the other way", "nothing crosses")
    assert verdict["problems"][0]["found"] == (
        "names resolve, but nothing crosses from a, c to b; the other way packets arrive"
    )
    assert "in the firewall of b" in verdict["problems"][0]["remedy"]


@pytest.mark.parametrize(("encrypted", "mtu"), [(False, 1400), (True, 1426)])
def test_the_mtu_to_set_is_said(encrypted: bool, mtu: int) -> None:
    verdict = judge_overlay(mesh(between_b_and({"path_mtu": 1350})), Overlay(encrypted=encrypted))
    assert "between b and a, c, but those above 1350 bytes are lost" in verdict["problems"][0]["found"]
    assert f"Set swarm_network_mtu to {mtu} and" in verdict["problems"][0]["remedy"]


def test_another_host_answers() -> None:
    verdict = judge_overlay(mesh(lambda source, target: {"answered_by": "c"} if target == "b" else None), Overlay())
    assert causes(verdict)[0] == ("address", "b")


def test_two_faults_at_once_are_both_reported() -> None:
    def change(source: str, target: str) -> Row | None:
        if {source, target} == {"a", "b"}:
            return NO_TCP
        return {"path_mtu": 1350} if {source, target} == {"b", "c"} else None

    assert causes(judge_overlay(mesh(change), Overlay())) == [("mtu", "b"), ("checksums", "a")]


def test_the_message_says_which_network_and_what_to_do() -> None:
    verdict = judge_overlay(mesh(always(LOST)), Overlay("distrain", encrypted=True, features=NO_ESP))
    assert verdict_message(verdict) == (
        "The overlay network distrain does not carry. Nothing crosses between a, b, c: the network is encrypted, and "
        "the kernel has no ESP. Use kernels with the modules esp4 and gcm, or set swarm_network_encrypted to false, "
        "with swarm_network_recreate to true."
    )


def test_the_table_lines_up() -> None:
    rows = mesh(lambda source, _target: LOST if source == "c" else {"mbits": 12345.6})
    lines = matrix_lines(judge_overlay(rows, Overlay()))
    assert lines[:2] == ["from  to    ms  Mbit/s        MTU  verdict", "a     b   0.20   12346       1450  ok"]
    assert lines[5] == "c     a      -       -  - of 1450  nothing crosses"
    assert lines[-1] == "4 of 6 pairs are well; the slowest stream had 12346 Mbit/s; the longest way took 0.20 ms"


def test_of_many_hosts_only_what_is_not_well_is_shown() -> None:
    matrix = [{**row("a", "b"), "ms": 0.1, "verdict": "ok"}] * 90
    assert len(matrix_lines({"matrix": matrix})) == 1
    assert len(matrix_lines({"matrix": [*matrix, {**matrix[0], "verdict": "TCP does not cross"}]})) == 3
