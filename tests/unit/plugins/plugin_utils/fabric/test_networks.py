# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.networks import (
    DEFAULT_ROUTES,
    find_networks,
    judge,
    shared_addresses,
)
from ansible_collections.distrain.cluster.tests.unit.support.fabric_hosts import HOSTS, fleet, host, interface, measured


def names(facts: dict[str, Any]) -> list[str]:
    return [one.name for one in find_networks(facts)]


def test_a_network_is_a_subnet_that_several_hosts_are_in() -> None:
    assert names(fleet()) == ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]


@pytest.mark.parametrize(
    ("interfaces", "expected"),
    [
        ([interface("lost", "192.0.2.11")], []),
        ([interface("a", "192.0.2.11", is_up=False)], []),
        ([interface("a", "169.254.1.11", 16)], []),
        ([interface("a", "fd00::11", 64)], []),
        ([interface("a", "192.0.2.11", 32)], []),
    ],
)
def test_what_connects_nothing(interfaces: list[dict[str, Any]], expected: list[str]) -> None:
    other = host(interface("z", "198.51.100.9"), interface("y", "192.0.2.12", is_up=len(interfaces[0]["name"]) == 1))
    assert names({"a": host(*interfaces), "b": other}) == expected


def test_a_single_host_has_all_its_networks() -> None:
    assert names({"a": host(interface("x", "192.0.2.11"), interface("y", "198.51.100.11"))}) == [
        "192.0.2.0/24",
        "198.51.100.0/24",
    ]


def test_hosts_of_different_subnets_meet_by_their_default_routes() -> None:
    facts = {
        "a": host(interface("x", "192.0.2.11"), default="x"),
        "b": host(interface("q", "198.51.100.12"), default="q"),
    }
    (network,) = find_networks(facts)
    assert network.name == DEFAULT_ROUTES
    assert {name: one.address for name, one in network.endpoints.items()} == {"a": "192.0.2.11", "b": "198.51.100.12"}


@pytest.mark.parametrize("prefix", [32, 24])
@pytest.mark.parametrize("gateway", ["192.0.2.1", ""])
def test_addresses_that_are_subnets_of_their_own_meet_by_default_routes(prefix: int, gateway: str) -> None:
    """As some clouds give them, and as point-to-point links have them: the default route names an interface alone."""
    routes = [{"destination": "0.0.0.0/0", "interface": "x", "gateway": gateway}]
    facts = {
        "a": host(interface("x", "192.0.2.11", 32), routes=routes),
        "b": host(interface("x", "198.51.100.12", prefix), interface("y", "203.0.113.9", 32), routes=routes),
    }
    (network,) = find_networks(facts)
    assert (network.name, network.endpoints["b"].address) == (DEFAULT_ROUTES, "198.51.100.12")


def test_two_default_routes_make_both_interfaces_default() -> None:
    routes = [{"destination": "0.0.0.0/0", "interface": name, "gateway": ""} for name in ("x", "y")]
    facts = {
        name: host(interface("x", f"192.0.2.{number}"), interface("y", f"198.51.100.{number}"), routes=routes)
        for number, name in enumerate(("a", "b"), 1)
    }
    assert [(one.name, one.has_default_route) for one in find_networks(facts)] == [
        ("192.0.2.0/24", True),
        ("198.51.100.0/24", True),
    ]


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ({"speed_mbits": 1000}, {"speed_mbits": 25000}, "192.0.2.31"),
        ({"mtu": 1500}, {"mtu": 9000}, "192.0.2.31"),
        ({}, {}, "192.0.2.21"),
        ({"speed_mbits": None}, {"speed_mbits": 100}, "192.0.2.31"),
    ],
)
def test_of_two_interfaces_in_one_subnet_the_better_counts(
    first: dict[str, Any], second: dict[str, Any], chosen: str
) -> None:
    two = host(interface("x", "192.0.2.21", **first), interface("y", "192.0.2.31", **second))
    (network,) = find_networks({"a": host(interface("x", "192.0.2.11")), "b": two})
    assert network.endpoints["b"].address == chosen


def test_bridges_inside_each_host_are_no_mistake_but_a_shared_address_is() -> None:
    assert shared_addresses(fleet()) == []
    facts = {name: host(interface("x", "192.0.2.11")) for name in HOSTS[:2]}
    ((address, sharing),) = shared_addresses(facts)
    assert (address, [one.host for one in sharing]) == ("192.0.2.11", ["gpu-01", "gpu-02"])
    assert names(facts) == []


def quality(*rows: list[dict[str, Any]], **data: Any) -> Any:
    network = next(one for one in find_networks(fleet(**data)) if one.name == "198.51.100.0/24")
    return judge(network, [row for some in rows for row in some], managers=HOSTS[:1])


def test_what_the_interfaces_say_counts_until_it_is_measured() -> None:
    assumed = quality()
    assert (assumed.mtu, assumed.mbits, assumed.is_measured) == (9000, 10000, False)
    assert quality(speed_mbits=None).mbits is None
    found = quality(measured("198.51.100.0/24", mbits=9400.0, path_mtu=9000), measured("192.0.2.0/24", mbits=1.0))
    assert (found.mtu, found.mbits, found.is_measured, found.blocked_pairs) == (9000, 9400.0, True, ())


def test_a_busy_moment_is_no_slow_host_but_a_slow_host_is_one() -> None:
    rows = measured("198.51.100.0/24", mbits=9000.0)
    assert quality([{**rows[0], "mbits": 10.0}, *rows[1:]]).mbits == 9000
    slow = [{**row, "mbits": 940.0} if "gpu-03" in (row["source"], row["target"]) else row for row in rows]
    assert quality(slow).mbits == 940


def test_a_path_that_is_narrower_than_the_interfaces() -> None:
    found = quality(measured("198.51.100.0/24", HOSTS[:2], path_mtu=1450))
    assert (found.mtu, found.narrow_pairs[0]) == (1450, "gpu-01 -> gpu-02")


@pytest.mark.parametrize("outcome", ["refused", "timeout", "unreachable", "other host gpu-03"])
def test_a_blocked_pair(outcome: str) -> None:
    assert quality(measured("198.51.100.0/24", HOSTS[:2], outcome)).blocked_pairs[0] == "gpu-01 -> gpu-02"


def test_another_host_that_answers_blocks_too() -> None:
    rows = measured("198.51.100.0/24", HOSTS[:2], answered_by="gpu-03")
    assert len(quality(rows).blocked_pairs) == 2


@pytest.mark.parametrize(
    ("port", "target", "is_needed"),
    [
        ("2377/tcp", "gpu-01", True),
        ("2377/tcp", "gpu-02", False),
        ("7946/udp", "gpu-02", True),
        ("measure/tcp", "gpu-01", False),
        ("7789/udp", "gpu-02", True),
    ],
)
def test_only_what_the_swarm_needs_has_to_be_open(port: str, target: str, is_needed: bool) -> None:
    rows = measured("198.51.100.0/24")
    closed = [{**row, "ports": {**row["ports"], port: "timeout"}} if row["target"] == target else row for row in rows]
    assert bool(quality(closed).blocked_pairs) == is_needed


@pytest.mark.parametrize("outcome", ["open", "taken"])
def test_a_port_of_the_engine_does_not_block(outcome: str) -> None:
    assert quality(measured("198.51.100.0/24", outcome=outcome)).blocked_pairs == ()
