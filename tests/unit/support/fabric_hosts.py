# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts with several interfaces, as M(distrain.cluster.host_info) describes them."""

from __future__ import annotations

from typing import Any

HOSTS = ("gpu-01", "gpu-02", "gpu-03")
OUTSIDE = {"local_node_state": "inactive", "node_id": None, "node_ids": [], "node_address": "", "data_path_address": ""}


def interface(name: str, address: str, prefix: int = 24, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "hardware",
        "is_up": True,
        "mtu": 1500,
        "master": "",
        "speed_mbits": 10000,
        "driver": "",
        "rdma_devices": [],
        "addresses": [{"address": address, "prefix": prefix}],
        **changes,
    }


def route(destination: str, interface: str) -> dict[str, str]:
    return {"destination": destination, "interface": interface, "gateway": ""}


def host(*interfaces: dict[str, Any], default: str = "", **changes: Any) -> dict[str, Any]:
    routes = [route("0.0.0.0/0", default)] if default else []
    return {
        "interfaces": list(interfaces),
        "routes": routes,
        "engine": {"swarm": OUTSIDE, "overlay_networks": []},
        **changes,
    }


def three_interfaces(number: int, **data: Any) -> dict[str, Any]:
    """A management interface with the default route, a data interface with jumbo frames, a decoy, Docker's bridge."""
    return host(
        interface("ens3", f"192.0.2.{number}", mtu=1500),
        interface("ens1", f"198.51.100.{number}", **{"mtu": 9000, **data}),
        interface("ens2", f"203.0.113.{number}", mtu=9000),
        interface("docker0", "172.17.0.1", 16, kind="bridge"),
        default="ens3",
    )


def fleet(**data: Any) -> dict[str, Any]:
    return {name: three_interfaces(number, **data) for number, name in enumerate(HOSTS, 11)}


def measured(
    network: str, hosts: tuple[str, ...] = HOSTS, outcome: str = "open", **changes: Any
) -> list[dict[str, Any]]:
    """One row a pair of hosts, all alike."""
    ports = dict.fromkeys(("2377/tcp", "7946/tcp", "7946/udp", "4789/udp"), outcome)
    return [
        {
            "source": source,
            "target": target,
            "network": network,
            "ports": ports,
            "answered_by": target if outcome == "open" else None,
            "path_mtu": None,
            "mbits": None,
            **changes,
        }
        for source in hosts
        for target in hosts
        if source != target
    ]
