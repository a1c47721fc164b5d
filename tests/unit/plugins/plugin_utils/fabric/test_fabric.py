# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choice import (
    FabricSettings,
    NetworkChoice,
    as_result,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choose import (
    choose_networks,
    host_network_environments,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.table import (
    are_the_same,
    choice_lines,
    in_one_line,
)
from ansible_collections.distrain.cluster.tests.unit.support.fabric_hosts import (
    HOSTS,
    OUTSIDE,
    fleet,
    host,
    interface,
    measured,
    route,
)

MANAGEMENT, DATA, DECOY = "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"
GOOD = [
    *measured(MANAGEMENT, mbits=940.0, path_mtu=1500),
    *measured(DATA, mbits=9400.0, path_mtu=9000),
    *measured(DECOY, outcome="timeout"),
]


def plan(facts: dict[str, Any], rows: list[dict[str, Any]], **wanted: Any) -> list[NetworkChoice]:
    return choose_networks(facts, rows, FabricSettings(**wanted))


def chosen(choices: list[NetworkChoice], host_name: str = "gpu-02") -> dict[str, Any]:
    result = as_result(choices)
    one = result["hosts"][host_name]
    return {
        "advertise": one["advertise_addr"],
        "data": one["data_path_addr"],
        "environment": one["environment"],
        **result["overlay"],
        "job": result["job_network"],
    }


def reason(choices: list[NetworkChoice], what: str, host_name: str = "gpu-02") -> str:
    return next(one.reason for one in choices if one.what == what and one.host in (host_name, "all"))


def test_management_data_and_a_decoy() -> None:
    choices = plan(fleet(), GOOD)
    assert chosen(choices) == {
        "advertise": "192.0.2.12",
        "data": "198.51.100.12",
        "environment": {},
        "mtu": 9000,
        "subnet": "10.77.0.0/16",
        "job": "overlay",
    }
    assert "9.4 Gbit/s measured, MTU 9000" in reason(choices, "data path address")
    assert "not 192.0.2.0/24: 0.9 Gbit/s measured" in reason(choices, "data path address")
    assert "203.0.113.0/24 is blocked (gpu-01 -> gpu-02, …)" in reason(choices, "data path address")
    assert "default routes" in reason(choices, "advertise address")


def test_the_names_of_the_interfaces_play_no_part() -> None:
    facts = fleet()
    for number, one in enumerate(facts.values()):
        one["routes"] = [route("0.0.0.0/0", f"z{number}0")]
        for position, each in enumerate(one["interfaces"]):
            each["name"] = f"z{number}{position}"
    assert chosen(plan(facts, GOOD)) == chosen(plan(fleet(), GOOD))


@pytest.mark.parametrize(
    ("management", "data", "expected"),
    [
        # The faster, whatever its MTU.
        ({"mbits": 9000.0, "path_mtu": 1500}, {"mbits": 900.0, "path_mtu": 9000}, "192.0.2.12"),
        # Of equally fast ones the one with the larger packets.
        ({"mbits": 9900.0, "path_mtu": 1500}, {"mbits": 9000.0, "path_mtu": 9000}, "198.51.100.12"),
        # Large interfaces do not help where the path is narrow: the one of the default routes wins the tie.
        ({"mbits": 9400.0, "path_mtu": 1500}, {"mbits": 9400.0, "path_mtu": 1500}, "192.0.2.12"),
    ],
)
def test_the_data_path_is_the_best_network(management: dict[str, Any], data: dict[str, Any], expected: str) -> None:
    rows = [*measured(MANAGEMENT, **management), *measured(DATA, **data), *measured(DECOY, outcome="timeout")]
    assert chosen(plan(fleet(), rows))["data"] == expected


def test_without_a_measurement_the_interfaces_are_believed() -> None:
    assert chosen(plan(fleet(speed_mbits=100000), []))["data"] == "198.51.100.12"


def test_one_interface_each() -> None:
    facts = {name: host(interface("x", f"192.0.2.{number}"), default="x") for number, name in enumerate(HOSTS, 11)}
    choices = plan(facts, [])
    assert (chosen(choices)["advertise"], chosen(choices)["data"], chosen(choices)["mtu"]) == (
        "192.0.2.12",
        "192.0.2.12",
        1500,
    )
    assert "the only network that connects all hosts" in reason(choices, "data path address")


def test_default_routes_that_do_not_connect_the_hosts() -> None:
    rows = [*measured(MANAGEMENT, outcome="timeout"), *measured(DATA, mbits=9000.0)]
    choices = plan(fleet(), [*rows, *measured(DECOY, outcome="timeout")])
    assert chosen(choices)["advertise"] == "198.51.100.12"
    assert "as the data path" in reason(choices, "advertise address")


def test_a_narrow_path_sets_the_mtu_and_names_the_pair() -> None:
    rows = [*measured(MANAGEMENT, mbits=900.0), *measured(DATA, mbits=9000.0, path_mtu=1400)]
    choices = plan(fleet(), [*rows, *measured(DECOY, outcome="timeout")])
    assert chosen(choices)["mtu"] == 1400
    assert reason(choices, "MTU below the overlay") == "measured on gpu-01 -> gpu-02; the interfaces say 9000"


def test_rdma_on_every_data_interface_puts_the_job_on_the_host_network() -> None:
    found = chosen(plan(fleet(rdma_devices=["mlx5_0", "mlx5_1"]), GOOD))
    assert found["job"] == "host"
    assert found["environment"] == {
        "NCCL_SOCKET_IFNAME": "=ens1",
        "GLOO_SOCKET_IFNAME": "ens1",
        "NCCL_IB_HCA": "=mlx5_0,mlx5_1",
    }


def test_the_interfaces_of_the_host_network_are_known_whichever_network_a_job_uses() -> None:
    facts = fleet(rdma_devices=["mlx5_0"])
    found = host_network_environments(facts, {"gpu-01": "198.51.100.11", "gpu-02": "192.0.2.12", "gpu-03": "10.0.0.1"})
    assert found == {
        "gpu-01": {"NCCL_SOCKET_IFNAME": "=ens1", "GLOO_SOCKET_IFNAME": "ens1", "NCCL_IB_HCA": "=mlx5_0"},
        "gpu-02": {"NCCL_SOCKET_IFNAME": "=ens3", "GLOO_SOCKET_IFNAME": "ens3"},
    }


def test_all_of_it_can_be_set_by_hand() -> None:
    choices = plan(
        fleet(),
        GOOD,
        advertise_addr={"gpu-02": "198.51.100.12"},
        data_path_addr={"gpu-02": "ens3"},
        overlay_mtu=1450,
        overlay_subnet="10.9.0.0/16",
        job_network="host",
    )
    found = chosen(choices)
    assert (found["advertise"], found["data"]) == ("198.51.100.12", "192.0.2.12")
    assert (found["mtu"], found["subnet"], found["job"]) == (1450, "10.9.0.0/16", "host")
    assert chosen(choices, "gpu-01")["data"] == "198.51.100.11"
    assert {reason(choices, what) for what in ("advertise address", "data path address", "network of the job")} == {
        "set by hand"
    }


def test_the_networks_can_be_set_by_hand() -> None:
    found = chosen(plan(fleet(), GOOD, control_network=DATA, data_network=MANAGEMENT))
    assert (found["advertise"], found["data"]) == ("198.51.100.12", "192.0.2.12")


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (route("10.77.4.0/24", "tun0"), "10.78.0.0/16"),
        (route("10.64.0.0/10", "tun0"), "10.128.0.0/16"),
        (route("0.0.0.0/0", "tun0"), "10.77.0.0/16"),
        (route("fd00::/8", "tun0"), "10.77.0.0/16"),
    ],
)
def test_the_overlays_subnet_collides_with_no_route(taken: dict[str, str], expected: str) -> None:
    facts = fleet()
    facts["gpu-03"]["routes"].append(taken)
    choices = plan(facts, GOOD)
    assert chosen(choices)["subnet"] == expected
    if expected != "10.77.0.0/16":
        assert "10.77.0.0/16 overlaps" in reason(choices, "subnet of the overlay")


def in_swarm(facts: dict[str, Any], data_path: bool = True) -> dict[str, Any]:
    """The hosts as nodes that were made with the data network for both."""
    for number, (name, one) in enumerate(facts.items(), 11):
        swarm = {
            **OUTSIDE,
            "local_node_state": "active",
            "node_id": f"id-{name}",
            "node_address": f"198.51.100.{number}",
            "data_path_address": f"192.0.2.{number}" if data_path else "",
            "node_ids": [f"id-{host_name}" for host_name in HOSTS] if name == "gpu-01" else [],
        }
        overlays = [{"name": "distrain", "subnets": ["10.9.0.0/16"], "mtu": 1450}] if name == "gpu-01" else []
        one["engine"] = {"swarm": swarm, "overlay_networks": overlays}
    return facts


def test_what_a_swarm_has_is_kept() -> None:
    choices = plan(in_swarm(fleet()), GOOD)
    found = chosen(choices)
    assert (found["advertise"], found["data"]) == ("198.51.100.12", "192.0.2.12")
    assert (found["mtu"], found["subnet"]) == (1450, "10.9.0.0/16")
    assert "kept" in reason(choices, "advertise address") and "would get 192.0.2.12" in reason(
        choices, "advertise address"
    )


@pytest.mark.parametrize(
    ("networks_known", "expected"), [(True, (1450, "10.9.0.0/16")), (False, (1500, "10.77.0.0/16"))]
)
def test_what_a_swarm_without_a_leader_has_is_kept(networks_known: bool, expected: tuple[int, str]) -> None:
    facts = in_swarm(fleet())
    for name, one in facts.items():
        one["engine"]["swarm"] |= {"node_ids": None, "remote_managers": ["198.51.100.11:2377"]}
        one["engine"]["swarm"]["is_manager"] = name == "gpu-01"
    if not networks_known:
        facts["gpu-01"]["engine"]["overlay_networks"] = None
    found = chosen(plan(facts, GOOD))
    assert (found["advertise"], found["data"]) == ("198.51.100.12", "192.0.2.12")
    assert (found["mtu"], found["subnet"]) == expected


def test_data_without_an_address_of_their_own_go_to_the_nodes() -> None:
    assert chosen(plan(in_swarm(fleet(), data_path=False), GOOD))["data"] == "198.51.100.12"


def test_an_address_that_is_gone_and_a_foreign_swarm_are_not_kept() -> None:
    facts = in_swarm(fleet())
    facts["gpu-02"]["engine"]["swarm"]["node_address"] = "198.51.100.99"
    facts["gpu-03"]["engine"]["swarm"]["node_id"] = "another"
    choices = plan(facts, GOOD)
    assert chosen(choices)["advertise"] == "192.0.2.12"
    assert chosen(choices, "gpu-03")["advertise"] == "192.0.2.13"


@pytest.mark.parametrize(
    ("rows", "wanted", "said"),
    [
        ([], {"advertise_addr": {"gpu-02": "192.0.2.99"}}, "swarm_advertise_addr: found 192.0.2.99 for gpu-02"),
        ([], {"data_path_addr": {"gpu-01": "ens9"}}, "swarm_data_path_addr: found ens9 for gpu-01"),
        ([], {"data_network": "10.0.0.0/8"}, "fabric_data_network: found 10.0.0.0/8"),
        ([], {"control_network": "ens1"}, "every host is in: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24"),
        ([], {"control_network": "10.9.0.0/16"}, "Those are: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24"),
        ([], {"data_network": "198.51.100.7/24"}, "Write the subnet itself, 198.51.100.0/24"),
        ([], {"data_network": "fd00::/64"}, "fabric_data_network: found fd00::/64, an IPv6 subnet"),
        ([], {"overlay_subnet": "10.77.0.0/30"}, "has 4 addresses, and the overlay network of 3 hosts needs 15"),
        ([], {"overlay_subnet": "10.77.0.0/29"}, "Set a /28 or a larger one"),
        ([], {"overlay_subnet": "fd00::/64"}, "swarm_network_subnet: found fd00::/64, an IPv6 subnet"),
        ([], {"overlay_subnet": "10.77.0.5/16"}, "Write the subnet itself, 10.77.0.0/16"),
        ([], {"overlay_subnet": "10.77.0.0"}, "has no prefix length"),
        ([], {"overlay_subnet": "x/24"}, "which is no subnet"),
        ([], {"overlay_mtu": 100}, "swarm_network_mtu: found 100, wanted 576"),
        (
            [row for name in (MANAGEMENT, DATA, DECOY) for row in measured(name, outcome="timeout")],
            {"data_path_addr": {"gpu-01": "ens1"}},
            "is blocked between gpu-01 -> gpu-02",
        ),
    ],
)
def test_what_cannot_work_is_refused(rows: list[dict[str, Any]], wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan(fleet(), rows, **wanted)
    assert said in caught.value.message


def test_no_network_at_all() -> None:
    with pytest.raises(PlanError) as caught:
        plan({"a": host(interface("x", "192.0.2.11")), "b": host(interface("x", "198.51.100.11"))}, [])
    assert "no network that two of them share" in caught.value.message


def test_blocked_networks_do_not_matter_where_all_is_set_by_hand() -> None:
    rows = [row for name in (MANAGEMENT, DATA, DECOY) for row in measured(name, outcome="timeout")]
    by_hand = dict.fromkeys(HOSTS, "ens1")
    assert chosen(plan(fleet(), rows, data_path_addr=by_hand))["data"] == "198.51.100.12"


def test_the_table_says_each_reason_once() -> None:
    lines = choice_lines([vars(one) for one in plan(fleet(), GOOD)])
    assert lines[0].split() == ["advertise", "address", "gpu-01", "192.0.2.11"]
    assert [line.strip() for line in lines if "default routes" in line] == [
        "because: 192.0.2.0/24: the interfaces of the default routes"
    ]
    assert sum("because" in line for line in lines) == 5
    # These are found when the job starts.
    assert not [line for line in lines if line.startswith(("NCCL", "GLOO"))]


def test_what_was_chosen_before_is_one_line() -> None:
    choices = [vars(one) for one in plan(fleet(), GOOD)]
    assert are_the_same(choices, [{**one, "reason": "another"} for one in choices])
    assert not are_the_same(choices, [{**one, "value": "another"} for one in choices])
    line = in_one_line(choices)
    assert line.startswith(
        "advertise address 192.0.2.11…13; data path address 198.51.100.11…13; MTU below the overlay "
    )
    assert "NCCL" not in line
