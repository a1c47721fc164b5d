# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network interfaces of a host, from C(ip -details -json address) and from /sys.

C(parse_interfaces) is pure; C(read_hardware) can be pointed at another root in tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Hardware = Mapping[str, Any]


def parse_interfaces(ip_address_json: str, hardware: Callable[[str], Hardware]) -> list[dict[str, Any]]:
    """One entry for each interface but loopback; ``hardware`` returns what /sys has of an interface."""
    return [
        _interface(one, hardware(one["ifname"]))
        for one in json.loads(ip_address_json or "[]")
        if one.get("ifname") and "LOOPBACK" not in one.get("flags", ())
    ]


def _interface(one: Mapping[str, Any], hardware: Hardware) -> dict[str, Any]:
    return {
        "name": one["ifname"],
        "kind": (one.get("linkinfo") or {}).get("info_kind") or "hardware",
        "is_up": {"UP", "LOWER_UP"} <= set(one.get("flags", ())),
        "mtu": one.get("mtu"),
        "master": one.get("master", ""),
        "addresses": [
            {"address": address["local"], "prefix": address["prefixlen"]}
            for address in one.get("addr_info", ())
            if "local" in address and address.get("scope", "global") == "global"
        ],
        **hardware,
    }


def read_hardware(name: str, system_classes: Path = Path("/sys/class")) -> Hardware:
    """Speed in Mbit/s (None where the kernel does not know it), driver, and the RDMA devices of the same hardware."""
    interface = system_classes / "net" / name
    driver = interface / "device" / "driver"
    return {
        "speed_mbits": _speed(interface / "speed"),
        "driver": driver.resolve().name if driver.exists() else "",
        "rdma_devices": _rdma_devices(interface, system_classes / "infiniband"),
    }


def _speed(path: Path) -> int | None:
    try:
        speed = int(path.read_text())
    except (OSError, ValueError):
        return None
    # The kernel says -1 where it does not know, as an unsigned number on some interfaces.
    return speed if 0 < speed < 2**31 else None


def _rdma_devices(interface: Path, rdma: Path) -> list[str]:
    """A bond has those of its members."""
    members = [interface, *sorted(interface.glob("lower_*"))]
    hardware = {(one / "device").resolve() for one in members if (one / "device").exists()}
    return sorted(one.name for one in rdma.glob("*") if (one / "device").resolve() in hardware)
