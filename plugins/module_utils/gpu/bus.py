# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What /sys knows of GPUs: their slots, the switches beside them, and which network interfaces are near.

The functions can be pointed at another root in tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

NVIDIA_VENDOR = "0x10de"
# A bridge of another kind than those of PCI: an NVSwitch.
SWITCH_CLASS = "0x0680"
DEVICES = Path("/sys/bus/pci/devices")
INTERFACES = Path("/sys/class/net")
# In a path of the same length more of it is another device: / sys devices pci0000:3a.
SAME_ROOT = 4


def count_switches(devices: Path = DEVICES) -> int:
    """How many NVSwitches of NVIDIA are on the PCI bus."""
    return sum(
        _text(one / "vendor") == NVIDIA_VENDOR and _text(one / "class").startswith(SWITCH_CLASS)
        for one in devices.glob("*")
    )


def slot_of(address: str, devices: Path = DEVICES) -> dict[str, Any]:
    """The width of the port above a device, in lanes, and its NUMA node; None where /sys does not know."""
    device = devices / address
    node = _number(device / "numa_node")
    return {
        "slot_width": _number(device.resolve().parent / "max_link_width") or None,
        "numa_node": None if node is None or node < 0 else node,
    }


def near_interfaces(address: str, devices: Path = DEVICES, interfaces: Path = INTERFACES) -> list[str]:
    """The network interfaces that share most of the way through PCI with a device, or else its NUMA node."""
    device = devices / address
    found = {one.name: one / "device" for one in sorted(interfaces.glob("*")) if (one / "device").exists()}
    near = nearest(device.resolve(), {name: interface.resolve() for name, interface in found.items()})
    if near:
        return near
    node = _number(device / "numa_node")
    return [
        name for name, interface in found.items() if node is not None and 0 <= node == _number(interface / "numa_node")
    ]


def nearest(device: Path, interfaces: Mapping[str, Path]) -> list[str]:
    """Those whose path shares most parts with that of the device, and at least the root of its PCI bus."""
    shared = {name: _shared(device, interface) for name, interface in interfaces.items()}
    most = max(shared.values(), default=0)
    return [name for name, count in shared.items() if count == most >= SAME_ROOT] if most else []


def _shared(first: Path, second: Path) -> int:
    count = 0
    for one, other in zip(first.parts, second.parts, strict=False):
        if one != other:
            break
        count += 1
    return count


def _number(path: Path) -> int | None:
    try:
        return int(_text(path))
    except ValueError:
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
