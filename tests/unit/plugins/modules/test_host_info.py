# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.engine.client import EngineClient
from ansible_collections.distrain.cluster.plugins.module_utils.host import facts as host_facts
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.facts import (
    OVERLAY_NETWORKS,
    data_path_address,
    engine_facts,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.network import MTU_OPTION, EngineNetwork

IP_ROUTE = json.dumps(
    [
        {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"},
        {"dst": "default", "gateway": "fe80::1", "dev": "eth0"},
        {"dst": "192.0.2.0/24", "dev": "eth0"},
        {"dst": "198.51.100.7", "gateway": "192.0.2.9", "dev": "eth0"},
    ]
)
PROC_ROUTE = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
"""
STATUS = """Package: docker.io
Status: install ok installed
Version: 26.1.5
Description: text
 Status: not a field

Package: docker-ce
Status: deinstall ok config-files
Version: 5:28

Package: bash
Status: install ok installed
Version: 5.2
"""
INFO = {
    "ServerVersion": "28.5.2",
    "Driver": "overlay2",
    "LiveRestoreEnabled": False,
    "FirewallBackend": {"Driver": "iptables"},
    "Swarm": {
        "LocalNodeState": "active",
        "NodeID": "b",
        "ControlAvailable": True,
        "Cluster": {"ID": "c"},
        "RemoteManagers": [{"NodeID": "b", "Addr": "192.0.2.11:2377"}],
    },
}


def test_os_release() -> None:
    text = 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04.3 LTS"\n# A=B\n\nVERSION_CODENAME=noble\n'
    assert host_facts.distribution(host_facts.parse_os_release(text)) == {
        "id": "ubuntu",
        "version": "24.04",
        "codename": "noble",
        "name": "Ubuntu 24.04.3 LTS",
    }


def test_routes() -> None:
    destinations = [one["destination"] for one in host_facts.parse_routes(IP_ROUTE)]
    assert destinations == ["0.0.0.0/0", "::/0", "192.0.2.0/24", "198.51.100.7/32"]


HOPS = [
    {"gateway": "192.0.2.1", "dev": "eth0", "weight": 1, "flags": []},
    {"gateway": "198.51.100.1", "dev": "eth1", "weight": 1, "flags": []},
]
DOWN = {"gateway": "203.0.113.1", "dev": "eth2", "weight": 1, "flags": ["dead", "linkdown"]}
VIA = {"dev": "eth0", "via": {"family": "inet6", "host": "fe80::1"}}


@pytest.mark.parametrize(
    ("route", "version", "expected"),
    [
        ({"dst": "default", "nexthops": HOPS}, 4, [("0.0.0.0/0", "eth0"), ("0.0.0.0/0", "eth1")]),
        ({"dst": "default", "nexthops": [*HOPS[:1], DOWN]}, 4, [("0.0.0.0/0", "eth0")]),
        ({"dst": "default", "nexthops": [DOWN]}, 4, [("0.0.0.0/0", "eth2")]),
        ({"dst": "default", **VIA}, 4, [("0.0.0.0/0", "eth0")]),
        ({"dst": "default", "nexthops": [VIA]}, 4, [("0.0.0.0/0", "eth0")]),
        ({"dst": "default", "dev": "ppp0", "scope": "link"}, 4, [("0.0.0.0/0", "ppp0")]),
        ({"dst": "default", "dev": "tun0"}, 6, [("::/0", "tun0")]),
        ({"dst": "default", "nexthops": [{"dev": "eth0"}, {"dev": "eth1"}]}, 6, [("::/0", "eth0"), ("::/0", "eth1")]),
        ({"type": "unreachable", "dst": "10.0.0.0/8"}, 4, [("10.0.0.0/8", "")]),
        ({"dst": "192.0.2.9/24", "dev": "eth0"}, 4, [("192.0.2.0/24", "eth0")]),
    ],
)
def test_routes_of_several_hops_or_without_a_gateway(
    route: dict[str, Any], version: int, expected: list[tuple[str, str]]
) -> None:
    found = host_facts.parse_routes(json.dumps([route]), version)
    assert [(one["destination"], one["interface"]) for one in found] == expected


def test_routes_without_the_ip_command() -> None:
    assert host_facts.parse_proc_routes(PROC_ROUTE) == [
        {"destination": "0.0.0.0/0", "interface": "eth0", "gateway": "192.0.2.1"},
        {"destination": "192.0.2.0/24", "interface": "eth0", "gateway": ""},
    ]


def test_only_installed_packages_count() -> None:
    assert host_facts.parse_package_status(STATUS, ["docker.io", "docker-ce"]) == {"docker.io": "26.1.5"}


def test_memory() -> None:
    assert host_facts.parse_memory_bytes("MemTotal:       1024 kB\nMemFree: 1 kB\n") == 1048576
    assert host_facts.parse_memory_bytes("") == 0


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\nGCC", "535.104.05"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build", "570.86.15"),
        ("", None),
    ],
)
def test_the_driver_of_the_gpus(text: str, version: str | None) -> None:
    assert host_facts.parse_gpu_driver(text) == version


def test_gpus_are_nvidias_display_devices(tmp_path: Path) -> None:
    devices = {
        "0000:00:01.0": ("0x10de", "0x030200", "0x2330"),
        "0000:00:02.0": ("0x10de", "0x040300", "0x10f9"),
        "0000:00:03.0": ("0x8086", "0x030000", "0x1234"),
    }
    for address, contents in devices.items():
        (tmp_path / address).mkdir()
        for name, content in zip(("vendor", "class", "device"), contents, strict=True):
            (tmp_path / address / name).write_text(content + "\n")
    assert host_facts.nvidia_gpus(tmp_path) == [{"pci_address": "0000:00:01.0", "device_id": "0x2330", "driver": ""}]
    assert host_facts.nvidia_gpus(tmp_path / "missing") == []


def test_device_nodes_are_numbered(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert host_facts.nvidia_device_nodes(tmp_path) == [str(tmp_path / "nvidia0")]


def test_free_space_of_a_path_that_is_not_there_yet(tmp_path: Path) -> None:
    wanted = str(tmp_path / "a" / "b")
    figures = host_facts.free_space(wanted)
    assert (figures["path"], figures["existing_path"]) == (wanted, str(tmp_path))
    assert 0 < figures["free_bytes"] <= figures["total_bytes"]


def test_engine_of_a_manager() -> None:
    pools = [{"Subnet": "10.77.0.0/16"}]
    overlay = {"Id": "n1", "Name": "distrain", "IPAM": {"Config": pools}, "Options": {MTU_OPTION: "9000"}}
    ingress = {"Id": "n2", "Name": "ingress", "IPAM": {"Config": None}, "Options": None}
    answers: dict[str, Any] = {
        "/info": INFO,
        "/nodes": [{"ID": "b", "Spec": {"Role": "manager"}}, {"ID": "a", "Spec": {"Role": "worker"}}],
        OVERLAY_NETWORKS: [overlay, ingress],
    }
    facts = engine_facts(answers.__getitem__)
    networks = [EngineNetwork.from_facts(one) for one in facts["overlay_networks"]]
    assert [(one.id, one.name, one.subnets, one.mtu) for one in networks] == [
        ("n1", "distrain", ("10.77.0.0/16",), 9000),
        ("n2", "ingress", (), None),
    ]
    assert (facts["version"], facts["firewall_backend"]) == ("28.5.2", "iptables")
    assert facts["swarm"]["node_ids"] == ["a", "b"]
    assert facts["swarm"]["remote_managers"] == ["192.0.2.11:2377"]
    assert (facts["membership"]["state"], facts["membership"]["node_id"]) == ("active", "b")
    assert [one["role"] for one in facts["membership"]["nodes"]] == ["worker", "manager"]
    assert facts["containers"] == {}


def test_engine_of_a_manager_without_quorum() -> None:
    def get(url: str) -> Any:
        if url == "/info":
            return INFO
        raise OSError("The swarm does not have a leader.")

    facts = engine_facts(get)
    assert (facts["swarm"]["node_ids"], facts["swarm"]["error"]) == (None, "The swarm does not have a leader.")
    assert facts["overlay_networks"] is None
    assert (facts["membership"]["nodes"], facts["membership"]["error"]) == ([], "The swarm does not have a leader.")


@pytest.mark.parametrize("swarm", [None, {}, {"LocalNodeState": "inactive", "NodeID": "", "RemoteManagers": None}])
def test_engine_outside_a_swarm(swarm: Any) -> None:
    info = {"ServerVersion": "26.1.5", "Driver": "overlay2", "LiveRestoreEnabled": True, "Swarm": swarm}
    facts = engine_facts({"/info": info, OVERLAY_NETWORKS: []}.__getitem__)
    assert facts["live_restore"] is True
    assert facts["firewall_backend"] is None
    assert (facts["swarm"]["local_node_state"], facts["swarm"]["node_id"]) == ("inactive", None)


def test_the_data_path_address_is_in_the_engines_own_file(tmp_path: Path) -> None:
    assert data_path_address(tmp_path) == ""
    (tmp_path / "swarm").mkdir()
    (tmp_path / "swarm" / "docker-state.json").write_text(
        '{"DataPathAddr": "192.0.2.11", "ListenAddr": "0.0.0.0:2377"}'
    )
    assert data_path_address(tmp_path) == "192.0.2.11"


def test_containers_of_an_engine() -> None:
    container = {
        "State": {"Status": "running"},
        "Image": "sha256:1",
        "Config": {"Image": "distrain/probe:1", "Labels": None},
        "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}, "Memory": 67108864},
        "NetworkSettings": {"Networks": {"distrain": {"NetworkID": "n1"}}},
    }
    answers = {
        "/info": INFO,
        OVERLAY_NETWORKS: [],
        "/nodes": [],
        "/containers/a/json": container,
        "/containers/b/json": {**container, "Config": {"Image": "gone:1", "Labels": {"of": "it"}}},
        "/images/distrain/probe%3A1/json": {"Id": "sha256:2"},
    }

    def get(url: str) -> Any:
        if url not in answers:
            raise OSError("No such thing")
        return answers[url]

    found = engine_facts(get, ["a", "b", "c"])["containers"]
    assert found["a"] == {
        "status": "running",
        "image": "distrain/probe:1",
        "image_id": "sha256:1",
        "named_image_id": "sha256:2",
        "labels": {},
        "networks": {"distrain": "n1"},
        "restart_policy": "unless-stopped",
        "memory_bytes": 67108864,
    }
    assert (found["b"]["named_image_id"], found["b"]["labels"]) == (None, {"of": "it"})
    assert "c" not in found


def test_no_engine(tmp_path: Path) -> None:
    facts = engine_facts(EngineClient(str(tmp_path / "docker.sock")).get)
    assert facts["version"] is None
    assert facts["swarm"] is None
    assert "No such file" in facts["error"]
