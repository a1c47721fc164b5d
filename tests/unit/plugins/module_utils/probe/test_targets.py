# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.probe.targets import (
    Question,
    peers_of,
    questions_for,
    read_endpoints,
    shifts,
    stream_rounds,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.ports import SWARM_PORTS, swarm_ports


def row(network: str, host: str, address: str = "192.0.2.1", **more: Any) -> dict[str, Any]:
    return {"network": network, "host": host, "address": address, "mtu": 1500, **more}


TWO_NETWORKS = read_endpoints([row("n", "a"), row("n", "b"), row("n", "c"), row("m", "a"), row("m", "c")])


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("a", [("n", "b"), ("n", "c"), ("m", "c")]),
        ("b", [("n", "a"), ("n", "c")]),
        ("stranger", []),
    ],
)
def test_everyone_in_a_network_of_ones_own_is_asked(host: str, expected: list[tuple[str, str]]) -> None:
    targets = peers_of(TWO_NETWORKS, host)
    assert [(one.endpoint.network, one.endpoint.host) for one in targets] == expected
    assert {one.source.host for one in targets} <= {host}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("a", [("n", "b"), ("n", "c"), ("m", "c")]),
        ("b", [("n", "c"), ("n", "a")]),
        ("c", [("n", "a"), ("n", "b"), ("m", "a")]),
        ("stranger", []),
    ],
)
def test_rounds_of_small_networks_reach_every_pair(host: str, expected: list[tuple[str, str]]) -> None:
    assert list(stream_rounds(TWO_NETWORKS, host)) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ()), (1, ()), (2, (1,)), (5, (1, 2, 3, 4)), (6, (1, 2, 4)), (16, (1, 2, 4, 8)), (64, (1, 2, 4, 8, 16, 32))],
)
def test_the_number_of_rounds_grows_with_the_logarithm(count: int, expected: tuple[int, ...]) -> None:
    assert shifts(count) == expected


@pytest.mark.parametrize("count", [2, 5, 6, 16, 17])
def test_in_a_round_no_two_hosts_send_to_the_same_one(count: int) -> None:
    endpoints = read_endpoints([row("n", f"h{number}") for number in range(count)])
    rounds = zip(*(stream_rounds(endpoints, one.host) for one in endpoints), strict=True)
    for one in rounds:
        assert len({target for _network, target in one}) == count


LISTENER = {
    "ports": {"2377/tcp": "listening", "7946/udp": "taken", "4789/udp": "unavailable: no such address"},
    "measure": {"tcp": 40000, "udp": None},
}


def test_what_is_asked_depends_on_who_listens() -> None:
    assert questions_for(LISTENER) == (
        Question("2377/tcp", "tcp", 2377, True),
        Question("7946/udp", "udp", 7946, False),
        Question("4789/udp", "udp", 4789, False),
        Question("measure/tcp", "tcp", 40000, True),
    )
    without = questions_for(None)
    assert [one.label for one in without] == ["2377/tcp", "7946/tcp", "7946/udp", "4789/udp"]
    assert not any(one.is_ours for one in without)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("n", "a"), row("n", "a", "192.0.2.2")], "host a stands twice in network n"),
        ([row("n", "a", "eth0")], "'eth0' in network n, which is no address"),
        ([row("n", "a", "0.0.0.0")], "nothing listens on all of them"),
        ([row("n", "a", "::")], "nothing listens on all of them"),
        ([row("n", "a", "224.0.0.1")], "Give the address of one interface"),
    ],
)
def test_refused_endpoints(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        read_endpoints(rows)


def test_the_ports_of_a_swarm_follow_its_data_path() -> None:
    assert swarm_ports(4789) == SWARM_PORTS
    assert swarm_ports(7789)[-1] == ("udp", 7789)
    for port in (0, 80, 7946, 49152):
        with pytest.raises(PlanError, match="swarm_data_path_port"):
            swarm_ports(port)
