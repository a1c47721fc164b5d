# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.host.interfaces import parse_interfaces, read_hardware

UP = ("BROADCAST", "UP", "LOWER_UP")


def interface(name: str, *addresses: str, flags: Sequence[str] = UP, **others: Any) -> dict[str, Any]:
    listed = [{"local": one, "prefixlen": 24, "scope": "global"} for one in addresses]
    return {"ifname": name, "flags": flags, "mtu": 1500, "addr_info": listed, **others}


def parse(*interfaces: dict[str, Any]) -> list[dict[str, Any]]:
    return parse_interfaces(json.dumps(interfaces), lambda _name: {})


def test_loopback_is_no_interface() -> None:
    assert parse(interface("lo", "127.0.0.1", flags=("LOOPBACK", "UP"))) == []
    assert parse_interfaces("", lambda _name: {}) == []


def test_a_interface_with_its_addresses() -> None:
    link_local = {"local": "fe80::1", "prefixlen": 64, "scope": "link"}
    found = interface("eth0", "192.0.2.11", linkinfo={"info_kind": "bond"})
    found["addr_info"].append(link_local)
    assert parse(found) == [
        {
            "name": "eth0",
            "kind": "bond",
            "is_up": True,
            "mtu": 1500,
            "master": "",
            "addresses": [{"address": "192.0.2.11", "prefix": 24}],
        }
    ]


def test_a_member_names_its_master_and_a_interface_without_a_link_is_down() -> None:
    (found,) = parse(interface("eth1", master="bond0", flags=("UP", "NO-CARRIER")))
    assert (found["kind"], found["master"], found["is_up"]) == ("hardware", "bond0", False)


def hardware(root: Path, interface_name: str, device: str, rdma: str, speed: str) -> None:
    (root / "devices" / device).mkdir(parents=True)
    (root / "devices" / device / "driver").symlink_to(root / "drivers" / "mlx5_core")
    (root / "drivers" / "mlx5_core").mkdir(parents=True, exist_ok=True)
    for kind, name in (("net", interface_name), ("infiniband", rdma)):
        (root / kind / name).mkdir(parents=True)
        (root / kind / name / "device").symlink_to(root / "devices" / device)
    (root / "net" / interface_name / "speed").write_text(speed)


def test_hardware_of_a_interface_and_of_a_bond(tmp_path: Path) -> None:
    hardware(tmp_path, "ens1", "0000:17:00.0", "mlx5_0", "100000\n")
    hardware(tmp_path, "ens2", "0000:18:00.0", "mlx5_1", "4294967295\n")
    (tmp_path / "net" / "bond0").mkdir()
    (tmp_path / "net" / "bond0" / "lower_ens1").symlink_to(tmp_path / "net" / "ens1")
    assert read_hardware("ens1", tmp_path) == {
        "speed_mbits": 100000,
        "driver": "mlx5_core",
        "rdma_devices": ["mlx5_0"],
    }
    assert read_hardware("ens2", tmp_path)["speed_mbits"] is None
    assert read_hardware("bond0", tmp_path) == {"speed_mbits": None, "driver": "", "rdma_devices": ["mlx5_0"]}
