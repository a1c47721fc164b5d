# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may reach the swarm's ports."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.firewall import (
    firewall_addresses,
    listen_port,
    swarm_addresses,
    transfer_ports,
)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        pytest.param(
            {"gpu-01": {"advertise_addr": "10.0.0.1", "data_path_addr": ""}}, ["10.0.0.1"], id="one interface"
        ),
        pytest.param(
            {
                "gpu-01": {"advertise_addr": "10.0.0.10", "data_path_addr": "10.9.0.1"},
                "gpu-02": {"advertise_addr": "10.0.0.9", "data_path_addr": "10.0.0.9"},
            },
            ["10.0.0.9", "10.0.0.10", "10.9.0.1"],
            id="two interfaces, in order, each once",
        ),
        pytest.param({"gpu-01": {"advertise_addr": "2001:db8::1"}}, ["2001:db8::1"], id="IPv6"),
        pytest.param({}, [], id="no hosts"),
    ],
)
def test_swarm_addresses(hosts: dict[str, Any], expected: list[str]) -> None:
    assert swarm_addresses(hosts, list(hosts)) == expected


@pytest.mark.parametrize("chosen", [{}, {"gpu-02": {"advertise_addr": ""}}], ids=["not in the play", "no address"])
def test_a_host_without_an_address_is_named(chosen: dict[str, Any]) -> None:
    hosts = {"gpu-01": {"advertise_addr": "10.0.0.1"}, **chosen}
    with pytest.raises(PlanError, match="the address of gpu-02 is not known"):
        swarm_addresses(hosts, ["gpu-01", "gpu-02"])


def test_a_list_that_shuts_out_a_host_of_the_swarm_is_refused() -> None:
    with pytest.raises(PlanError, match=r"swarm_firewall_allow lacks 10\.0\.0\.2: hosts"):
        firewall_addresses(["10.0.0.1"], ["10.0.0.1", "10.0.0.2"])


def test_firewall_addresses_are_sorted_by_family_and_number() -> None:
    given = ["10.0.0.10", "2001:db8::2", "10.0.0.9", "10.0.0.10"]
    assert firewall_addresses(given) == {"ipv4": ["10.0.0.9", "10.0.0.10"], "ipv6": ["2001:db8::2"]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "swarm_firewall_allow is empty"),
        ("10.0.0.1", "no list of addresses"),
        (["10.0.0.1", "10.0.0.300"], "'10.0.0.300', which is no address"),
        (["10.0.0.0/24"], "'10.0.0.0/24', which is no address"),
        (["10.0.0.1; flush ruleset"], "which is no address"),
        (["0.0.0.0"], "cannot be the address of a host"),
        (["::"], "cannot be the address of a host"),
        (["127.0.0.1"], "cannot be the address of a host"),
        (["224.0.0.1"], "cannot be the address of a host"),
        (["fe80::1%eth0"], "without the interface's name"),
    ],
)
def test_bad_firewall_addresses_are_named(given: Any, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        firewall_addresses(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("0.0.0.0:2377", 2377), ("eth0:12377", 12377), ("[::]:2378", 2378), ("eth0", 2377), ("::", 2377), ("", 2377)],
)
def test_listen_port(given: str, expected: int) -> None:
    assert listen_port(given) == expected


@pytest.mark.parametrize(("written", "expected"), [("", ""), ("28500-28599", "28500-28599"), (" 28500 ", "28500")])
def test_transfers_have_ports_of_their_own(written: str, expected: str) -> None:
    assert transfer_ports(written, (2377, 7946)) == expected


def test_a_range_with_a_port_of_the_swarm_is_refused() -> None:
    with pytest.raises(PlanError, match="found '2000-8000', which holds 2377, 7946 of the swarm"):
        transfer_ports("2000-8000", (2377, 7946))
