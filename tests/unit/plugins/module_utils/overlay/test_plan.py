# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.overlay.plan import (
    NetworkState,
    driver_options,
    plan_overlay_network,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.network import EngineNetwork

SUBNET = "10.77.0.0/16"
DOCKER0 = EngineNetwork("b", "bridge", "bridge", subnets=("172.17.0.0/16",))
IPV6 = EngineNetwork("6", "six", "bridge", subnets=("fd00::/64",))


def found(**changes: Any) -> EngineNetwork:
    return EngineNetwork(
        **{
            "id": "n1",
            "name": "distrain",
            "driver": "overlay",
            "subnets": (SUBNET,),
            "gateway": "10.77.0.1",
            "attachable": True,
            **changes,
        }
    )


def state(network: EngineNetwork | None, *others: EngineNetwork, is_manager: bool = True) -> NetworkState:
    return NetworkState(is_manager, network, others)


def params(**changes: Any) -> dict[str, Any]:
    return {
        "name": "distrain",
        "state": "present",
        "subnet": SUBNET,
        "gateway": None,
        "mtu": None,
        "encrypted": False,
        "attachable": True,
        "internal": False,
        "labels": {},
        "recreate": False,
        **changes,
    }


@pytest.mark.parametrize(
    ("network_state", "changes", "expected"),
    [
        (state(None, DOCKER0, IPV6), {}, ["create"]),
        (state(None), {"name": "a-b_c"}, ["create"]),
        (state(None, DOCKER0), {"subnet": None}, ["create"]),
        (state(found()), {}, []),
        (state(found()), {"subnet": None}, []),
        (state(found(subnets=("10.77.0.0/30",))), {"subnet": "10.77.0.0/30"}, []),
        (replace(state(None), nodes=3), {"subnet": "10.77.0.0/28"}, ["create"]),
        (state(found(), found(name="twin")), {}, []),
        (state(found(mtu=9000)), {}, []),
        (state(found(mtu=9000)), {"mtu": 9000}, []),
        (state(found(subnets=("fd00:0::/64",))), {"subnet": "fd00::/64"}, []),
        (state(found(labels={"a": "1"})), {"labels": {"a": 1}}, []),
        (state(found()), {"mtu": 9000, "recreate": True}, ["remove", "create"]),
        (state(found(), DOCKER0), {"subnet": "10.78.0.0/16", "recreate": True}, ["remove", "create"]),
        (state(found(attached=("trainer",))), {"recreate": True}, []),
        (state(None), {"state": "absent"}, []),
        (state(found()), {"state": "absent"}, ["remove"]),
    ],
)
def test_plan(network_state: NetworkState, changes: dict[str, Any], expected: list[str]) -> None:
    plan = plan_overlay_network(network_state, params(**changes))
    assert [step.verb for step in plan.steps] == expected


@pytest.mark.parametrize(
    ("network_state", "changes", "said"),
    [
        (state(None, is_manager=False), {}, "no manager of a swarm"),
        (state(found(driver="bridge")), {}, "with the driver bridge"),
        (state(found(driver="bridge")), {"state": "absent"}, "with the driver bridge"),
        (state(None, DOCKER0), {"subnet": "172.17.128.0/24"}, "overlaps 172.17.0.0/16 of the network bridge"),
        (state(None), {"subnet": "10.77.0.1/16"}, "found 10.77.0.1/16, which is an address within a subnet"),
        (state(None), {"gateway": "router"}, "gateway: 'router'"),
        (state(None), {"gateway": "10.78.0.1"}, "no address of the subnet 10.77.0.0/16"),
        (state(None), {"subnet": "fd00::/64"}, "(the module's option subnet): found fd00::/64, an IPv6"),
        (replace(state(None), nodes=2), {"subnet": "10.77.0.0/30"}, "of 2 hosts needs 11"),
        (state(None), {"subnet": "10.77.0.0"}, "no prefix length"),
        (state(found()), {"subnet": "10.77.0.0/30", "recreate": True}, "has 4 addresses"),
        (state(None), {"name": "my network"}, "found 'my network', wanted at most 63 letters, digits"),
        (state(None), {"name": "a" * 64}, "wanted at most 63 letters"),
        (state(None), {"name": "-a"}, "Choose another name"),
        (state(found(attached=("trainer",))), {"state": "absent"}, "in use by trainer"),
        (state(found(attached=("trainer",))), {"mtu": 9000, "recreate": True}, "in use by trainer"),
        (state(found(), DOCKER0), {"subnet": "172.17.0.0/24", "recreate": True}, "overlaps 172.17.0.0/16"),
    ],
)
def test_plan_refuses(network_state: NetworkState, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_overlay_network(network_state, params(**changes))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("key", "has", "wants"),
    [
        ("subnet", SUBNET, "10.78.0.0/16"),
        ("gateway", "10.77.0.1", "10.77.0.254"),
        ("mtu", None, 9000),
        ("encrypted", False, True),
        ("attachable", True, False),
        ("internal", False, True),
        ("labels", {}, {"owner": "us"}),
    ],
)
def test_each_difference_is_reported_by_its_key(key: str, has: Any, wants: Any) -> None:
    with pytest.raises(PlanError) as caught:
        plan_overlay_network(state(found()), params(**{key: wants}))
    assert f"{key}: found {has!r}, wanted {wants!r}" in caught.value.message
    assert caught.value.details["differences"] == {key: {"found": has, "wanted": wants}}


def test_a_network_is_read_from_the_api() -> None:
    network = EngineNetwork.from_api(
        {
            "Id": "n1",
            "Name": "distrain",
            "Driver": "overlay",
            "Attachable": True,
            "Internal": False,
            "Labels": None,
            "IPAM": {"Config": [{"Subnet": SUBNET, "Gateway": "10.77.0.1"}]},
            "Options": {"com.docker.network.driver.mtu": "9000", "encrypted": "", "x": "4097"},
            "Containers": {"c1": {"Name": "trainer"}, "lb-distrain": {"Name": "distrain-endpoint"}},
            "Services": {
                "": {
                    "Tasks": [
                        {"Name": "trainer", "Info": {"Host IP": "198.18.1.11"}},
                        {"Name": "other", "Info": {"Host IP": "198.18.1.12"}},
                    ]
                },
                "web": {},
            },
        },
        own_address="198.18.1.11",
    )
    assert (network.mtu, network.encrypted, network.subnets) == (9000, True, (SUBNET,))
    assert network.attached == ("trainer", "service web", "other on 198.18.1.12")


@pytest.mark.parametrize(
    ("mtu", "encrypted", "expected"),
    [
        (None, False, {}),
        (1450, False, {"com.docker.network.driver.mtu": "1450"}),
        (9000, True, {"com.docker.network.driver.mtu": "9000", "encrypted": ""}),
    ],
)
def test_driver_options(mtu: int | None, encrypted: bool, expected: dict[str, str]) -> None:
    assert driver_options({"mtu": mtu, "encrypted": encrypted}) == expected
