# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.capabilities import missing_capabilities
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.gpus import MachineGpus
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.interfaces import (
    all_interfaces,
    host_address,
    problems_of,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.layout import host_name, lay_out

ARGUMENTS: dict[str, Any] = {
    "name": "a",
    "number": 3,
    "hosts": 2,
    "network": "198.18.3.0/24",
    "mtu": 1500,
    "rate": "",
    "first_ssh_port": 22300,
    "interfaces": [],
    "gpus": 0,
    "gpus_shared": False,
    "gpu_stand_in": False,
}
MACHINE = MachineGpus()


@pytest.mark.parametrize(
    ("bounding_set", "missing"),
    [
        ("000001ffffffffff", []),
        ("000001fffeffffff", ["SYS_RESOURCE"]),
        ("000001fffffffffe", ["CHOWN"]),
        ("000000fffeffffff", ["SYS_RESOURCE", "CHECKPOINT_RESTORE"]),
    ],
)
def test_missing_capabilities(bounding_set: str, missing: list[str]) -> None:
    assert missing_capabilities(f"Name:\tcat\nCapEff:\t0\nCapBnd:\t{bounding_set}\n") == missing


def test_missing_capabilities_of_another_text() -> None:
    with pytest.raises(PlanError, match="CapBnd"):
        missing_capabilities("Name: cat")


def test_host_names_sort_like_their_numbers() -> None:
    assert [host_name(number) for number in (1, 9, 10)] == ["gpu-01", "gpu-09", "gpu-10"]


def test_host_address() -> None:
    assert host_address(2, "198.18.3.0/24") == "198.18.3.12"


def interfaces(*others: dict[str, Any], network: str = "198.18.3.0/24", mtu: int = 1500, rate: str = "") -> Any:
    return all_interfaces(others, 3, network, mtu, rate)


def test_a_lab_without_interfaces_has_the_first() -> None:
    assert interfaces() == [
        {"name": "management", "network": "198.18.3.0/24", "mtu": 1500, "rate": "", "isolated": False}
    ]


def test_interfaces_get_what_was_left_out() -> None:
    first, data, decoy, slow = interfaces(
        {"name": "data", "mtu": 9000},
        {"name": "decoy", "isolated": True},
        {"name": "slow", "network": "198.19.200.0/24", "rate": "1gbit"},
        mtu=1400,
    )
    assert first["mtu"] == 1400
    assert data == {"name": "data", "network": "198.19.3.0/24", "mtu": 9000, "rate": "", "isolated": False}
    assert decoy == {"name": "decoy", "network": "198.19.103.0/24", "mtu": 1400, "rate": "", "isolated": True}
    assert slow == {"name": "slow", "network": "198.19.200.0/24", "mtu": 1400, "rate": "1gbit", "isolated": False}


def test_networks_of_all_labs_differ() -> None:
    networks = {
        interface["network"]
        for number in range(100)
        for interface in all_interfaces([{}, {}], number, "198.18.0.0/24", 1500)
    }
    assert len(networks) == 1 + 200


def test_each_host_has_its_ports_addresses_and_networks() -> None:
    others = [{"name": "data"}, {"name": "decoy", "isolated": True}]
    layout = lay_out({**ARGUMENTS, "interfaces": others}, MACHINE)
    assert layout["needs_files"]
    assert layout["networks"] == [{"name": "distrain-a.data", "network": "198.19.3.0/24", "mtu": "1500"}]
    assert layout["hosts"][1] == {
        "name": "gpu-02",
        "container": "distrain-a-gpu-02",
        "ssh_port": 22302,
        "addresses": {"management": "198.18.3.12", "data": "198.19.3.12", "decoy": "198.19.103.12"},
        "attachments": [{"name": "distrain-a.data", "ipv4_address": "198.19.3.12"}],
        "gpus": [],
        "gpu_arguments": [],
        "hidden_gpus": [],
    }


def test_a_lab_with_one_interface_needs_no_files() -> None:
    layout = lay_out(ARGUMENTS, MACHINE)
    assert (layout["needs_files"], layout["networks"]) == (False, [])
    assert lay_out({**ARGUMENTS, "rate": "1gbit"}, MACHINE)["needs_files"]


def test_a_lab_that_cannot_be_is_refused_with_all_reasons() -> None:
    with pytest.raises(PlanError, match=r"lab_mtu is 5; .* lab_rate is fast;"):
        lay_out({**ARGUMENTS, "mtu": 5, "rate": "fast"}, MACHINE)


@pytest.mark.parametrize(
    "good",
    [
        interfaces(),
        interfaces({"name": "data", "mtu": 65535}, {"name": "decoy", "mtu": 576, "isolated": True, "rate": "2.5gbit"}),
        interfaces(
            {"name": "a"}, {"name": "b"}, {"name": "c", "network": "192.0.2.0/24", "mtu": "9000"}, rate="200mbit"
        ),
    ],
)
def test_interfaces_that_can_be(good: Any) -> None:
    assert problems_of(good, 99) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (interfaces(mtu=575), "lab_mtu is 575; it must be from 576 to 65535"),
        (interfaces(rate="fast"), "lab_rate is fast"),
        (interfaces(network="198.18.3.0"), "lab_network is '198.18.3.0', which is no IPv4 network"),
        (interfaces({"name": "data", "mtu": 65536}), "data: mtu is 65536"),
        (interfaces({"name": "data", "mtu": "large"}), "data: mtu is large"),
        (interfaces({"name": "data", "rate": "1Gbps"}), "data: rate is 1Gbps"),
        (interfaces({"name": "data", "network": "198.19.3.1/24"}), "data: network is '198.19.3.1/24'"),
        (interfaces({"name": "data", "network": "fd00::/64"}), "data: network is 'fd00::/64'"),
        (interfaces({"name": "data", "network": "198.19.3.0/28"}), "no room for 9 hosts"),
        (interfaces({"name": "Data"}), "a name is"),
        (interfaces({"name": "management"}), "the name management stands for several interfaces"),
        (interfaces({"name": "a"}, {"name": "a"}), "the name a stands for several interfaces"),
        (interfaces({"name": "a"}, {"name": "b"}, {"name": "c"}), "c: network is ''"),
        (
            interfaces({"name": "data", "network": "198.18.0.0/16"}),
            "198.18.3.0/24 of management and 198.18.0.0/16 of data",
        ),
    ],
)
def test_interfaces_that_cannot_be(bad: Any, words: str) -> None:
    problems = problems_of(bad, 9)
    assert len(problems) == 1 and words in problems[0]
