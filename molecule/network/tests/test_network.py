# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which interfaces carry what, as a person on the hosts sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest

testinfra_hosts = ["ansible://gpu_hosts"]
MANAGEMENT, DATA = "198.18.14.", "198.19.14."


def root(host: Any, command: str) -> str:
    with host.sudo():
        return host.check_output(command)


@pytest.fixture
def number(host: Any) -> int:
    """The last part of the host's addresses."""
    variables = host.ansible.get_variables()
    return variables["groups"]["gpu_hosts"].index(variables["inventory_hostname"]) + 11


def test_the_swarm_is_on_the_interfaces_of_the_default_routes(host: Any, number: int) -> None:
    assert root(host, "docker info --format '{{.Swarm.NodeAddr}}'") == f"{MANAGEMENT}{number}"


def test_the_data_are_on_the_interfaces_with_jumbo_frames(host: Any, number: int) -> None:
    state = json.loads(root(host, "cat /var/lib/docker/swarm/docker-state.json"))
    assert state["DataPathAddr"] == f"{DATA}{number}"


def test_the_tunnel_really_leaves_by_the_data_interface(host: Any) -> None:
    """The engine's forwarding table of the overlay names the other hosts by their data addresses."""
    network = root(host, "docker network inspect --format '{{.Id}}' distrain")[:10]
    namespace = root(host, "ls /run/docker/netns").split()
    (own,) = [name for name in namespace if name.endswith(network)]
    table = root(host, f"nsenter --net=/run/docker/netns/{own} bridge fdb show")
    destinations = {line.split(" dst ")[1].split()[0] for line in table.splitlines() if " dst " in line}
    assert destinations and all(one.startswith(DATA) for one in destinations)


def test_the_overlay_has_jumbo_frames_less_what_the_tunnel_takes(host: Any) -> None:
    address = root(host, "docker exec distrain-keepalive busybox ip -4 addr show")
    assert "mtu 8950" in address


def test_the_overlay_is_where_no_host_has_a_route(host: Any) -> None:
    assert "10.78." in root(host, "docker exec distrain-keepalive busybox ip -4 addr show")
