# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The port of keepers counts where keepers use it, and keeps no network from being chosen."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.networks import is_blocked
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.keeper_port import keeper_port_findings
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.network import network_findings

SWARM = {"2377/tcp": "open", "7946/tcp": "open", "7946/udp": "open", "4789/udp": "open"}
DATA = dict.fromkeys("abc", "data")


def rows(outcome: Callable[[str, str], str], network: str = "data", answered: bool = True) -> list[dict[str, Any]]:
    return [
        {
            "network": network,
            "source": source,
            "target": target,
            "answered_by": target if answered else source,
            "ports": {**SWARM, "keeper/7947": outcome(source, target)},
            "path_mtu": None,
            "clock_offset_s": None,
        }
        for source, target in permutations("abc", 2)
    ]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (lambda _source, _target: "open", []),
        # A service that keeps a job listens there already.
        (lambda _source, _target: "taken", []),
        (lambda _source, target: "timeout" if target == "b" else "open", ["b"]),
        (lambda source, _target: "refused" if source == "c" else "open", ["c"]),
        (lambda _source, _target: "timeout", ["all"]),
    ],
)
def test_a_port_that_is_closed(outcome: Callable[[str, str], str], expected: list[str]) -> None:
    found = list(keeper_port_findings(rows(outcome), DATA))
    assert [(one.host, one.severity, one.subject) for one in found] == [
        (host, "warning", "7947/tcp") for host in expected
    ]
    assert all("7947/tcp" in one.found and "swarm_keeper_port" in one.remedy for one in found)


def closed(_source: str, _target: str) -> str:
    return "timeout"


@pytest.mark.parametrize(
    "measured",
    [rows(closed, "control"), rows(closed, answered=False), [{**one, "ports": SWARM} for one in rows(closed)]],
)
def test_where_it_does_not_count(measured: list[dict[str, Any]]) -> None:
    assert not list(keeper_port_findings(measured, DATA))


def test_a_swarm_does_not_need_it() -> None:
    measured = rows(closed)
    assert not any(is_blocked(one, ["a"]) for one in measured)
    assert network_findings(measured, {}, ["a"]) == []
