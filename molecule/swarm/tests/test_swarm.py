# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The swarm, its network and its keepalive containers, as a person on the hosts sees them."""

from __future__ import annotations

import json
import os
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

testinfra_hosts = ["ansible://gpu_hosts"]


def docker_json(host: Any, command: str) -> Any:
    with host.sudo():
        return json.loads(host.check_output(f"docker {command}"))


@pytest.fixture
def cluster(host: Any) -> list[str]:
    """The names of all hosts."""
    return host.ansible.get_variables()["groups"]["gpu_hosts"]


@pytest.fixture
def manager(host: Any) -> Any:
    if "managers" not in host.ansible.get_variables()["group_names"]:
        pytest.skip("only a manager knows this")
    return host


def test_the_manager_lists_every_host_as_ready(manager: Any, cluster: list[str]) -> None:
    with manager.sudo():
        lines = manager.check_output("docker node ls --format '{{json .}}'").splitlines()
    nodes = [json.loads(line) for line in lines]
    assert sorted(node["Hostname"] for node in nodes if node["Status"] == "Ready") == sorted(cluster)


def test_the_network_is_as_it_is_wanted(manager: Any) -> None:
    network = docker_json(manager, "network inspect distrain")[0]
    assert (network["Driver"], network["Attachable"], network["Internal"]) == ("overlay", True, False)
    assert network["IPAM"]["Config"][0]["Subnet"] == "10.77.0.0/16"
    assert int(network["Options"]["com.docker.network.driver.mtu"]) >= 1280


def test_the_network_is_on_every_host(host: Any) -> None:
    with host.sudo():
        assert "distrain" in host.check_output("docker network ls --filter driver=overlay --format '{{.Name}}'").split()


def test_the_keepalive_stays_and_can_do_nothing(host: Any) -> None:
    container = docker_json(host, "container inspect distrain-keepalive")[0]
    assert container["State"]["Running"]
    assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert container["HostConfig"]["CapDrop"] == ["ALL"] and not container["HostConfig"]["CapAdd"]
    assert container["HostConfig"]["ReadonlyRootfs"] and container["Config"]["User"] == "65534:65534"


def test_every_keepalive_is_reached_by_its_name(host: Any, cluster: list[str]) -> None:
    with host.sudo():
        for name in cluster:
            url = f"http://distrain-keepalive-{name}:7780/busybox"
            host.run_expect([0], f"docker exec distrain-keepalive busybox wget -q -T 5 -O /dev/null {url}")


def test_the_matrix_has_every_pair(cluster: list[str]) -> None:
    path = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "artifacts" / "overlay-matrix.json"
    overlay = json.loads(path.read_text())
    assert overlay["whole"] and not overlay["problems"]
    rows = {(row["source"], row["target"]): row for row in overlay["matrix"]}
    assert sorted(rows) == sorted(permutations(cluster, 2))
    for row in rows.values():
        assert row["verdict"] == "ok" and row["path_mtu"] == row["mtu"] and row["mbits"] > 0 and row["ms"] > 0


def test_nothing_that_measures_is_left(host: Any) -> None:
    with host.sudo():
        assert host.run("pgrep distrain-listen").rc == 1
