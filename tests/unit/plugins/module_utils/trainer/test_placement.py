# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ranks, commands, environments and paths of a job, and the interface that it is pinned to."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.overlay.interface import interface_of
from ansible_collections.distrain.cluster.plugins.module_utils.trainer import placement as launch_plan

HOSTS = ["gpu-01", "gpu-02", "gpu-03"]
PROCESSES = {"gpu-01": 8, "gpu-02": 4, "gpu-03": 8}
ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth1	00000000	010012AC	0003	0	0	0	00000000	0	0	0
eth0	00004D0A	00000000	0001	0	0	0	0000FFFF	0	0	0
eth1	000012AC	00000000	0001	0	0	0	0000FFFF	0	0	0
eth2	0000000A	010012AC	0003	0	0	0	000000FF	0	0	0
"""


@pytest.mark.parametrize(
    ("first", "order"),
    [
        ("gpu-01", ["gpu-01", "gpu-02", "gpu-03"]),
        ("gpu-03", ["gpu-03", "gpu-01", "gpu-02"]),
        ("manager-without-gpu", ["gpu-01", "gpu-02", "gpu-03"]),
    ],
)
def test_the_first_host_leads_and_the_others_keep_their_order(first: str, order: list[str]) -> None:
    ranks = launch_plan.ranks(HOSTS, first, "llama-factory", PROCESSES)
    assert [rank["host"] for rank in ranks] == order
    assert [rank["rank"] for rank in ranks] == [0, 1, 2]
    assert {rank["leader"] for rank in ranks} == {f"llama-factory-{order[0]}"}
    assert {rank["world_size"] for rank in ranks} == {20}


def test_a_job_without_hosts_is_refused() -> None:
    with pytest.raises(PlanError, match="trainer_launch_hosts"):
        launch_plan.ranks([], "gpu-01", "llama-factory", {})


def test_on_the_hosts_own_network_the_ranks_are_known_by_address() -> None:
    ranks = launch_plan.ranks(
        HOSTS[:2], "gpu-02", "llama-factory", PROCESSES, {"gpu-01": "10.0.0.1", "gpu-02": "10.0.0.2"}
    )
    assert [(rank["address"], rank["leader"]) for rank in ranks] == [("10.0.0.2", "10.0.0.2"), ("10.0.0.1", "10.0.0.2")]


def test_what_the_user_wants_wins() -> None:
    assert launch_plan.interface_environment("eth0", {"NCCL_SOCKET_IFNAME": "ib0"}) == {
        "NCCL_SOCKET_IFNAME": "ib0",
        "GLOO_SOCKET_IFNAME": "eth0",
    }


def test_the_digest_is_of_the_settings_not_of_their_order() -> None:
    digest = launch_plan.settings_digest({"a": 1, "b": [1, 2]})
    assert digest == launch_plan.settings_digest({"b": [1, 2], "a": 1})
    assert digest != launch_plan.settings_digest({"a": 1, "b": [2, 1]})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/app/output/sft", "/srv/output/sft"),
        ("/app/output", "/srv/output"),
        ("/app/output/big/x", "/mnt/big/x"),
        ("/app/outputs/sft", ""),
        ("/elsewhere", ""),
        ("/cache/x", ""),
        ("/app/output/../output/sft/", "/srv/output/sft"),
        ("/relative/x", ""),
        ("app/output/sft", ""),
        ("/app/normal/x", "/srv/normal/x"),
    ],
)
def test_a_path_is_found_on_the_innermost_volume(path: str, found: str) -> None:
    volumes = [
        "/srv/output:/app/output",
        "/mnt/big:/app/output/big:rw",
        "named:/cache",
        "./x:/relative",
        "/srv/normal/:/app/code/../normal/",
    ]
    assert launch_plan.host_path(path, volumes) == found


@pytest.mark.parametrize(("address", "interface"), [("10.77.0.9", "eth0"), ("172.18.0.3", "eth1")])
def test_the_interface_is_the_one_whose_own_subnet_holds_the_address(address: str, interface: str) -> None:
    assert interface_of(address, ROUTES) == interface


@pytest.mark.parametrize("address", ["192.168.0.1", "10.1.0.1"])
def test_a_gateway_is_no_interface_of_the_network(address: str) -> None:
    with pytest.raises(ClusterError, match=address):
        interface_of(address, ROUTES)
