# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The facts of this host, read from files and C(ip); nothing is changed and no engine is needed.

The functions that take text are pure; the ones that take paths can be pointed at another root in tests.
"""

from __future__ import annotations

import ipaddress
import json
import os
import platform
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..base.command import command_output
from .file_systems import observe_file_systems
from .interfaces import parse_interfaces, read_hardware
from .names import parse_hosts_file

NVIDIA_VENDOR = "0x10de"
DISPLAY_CLASS = "0x03"
DEBIAN_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def parse_os_release(text: str) -> dict[str, str]:
    """The keys of an os-release file."""
    found = {}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator and not key.startswith("#"):
            found[key.strip()] = " ".join(shlex.split(value))
    return found


def distribution(os_release: Mapping[str, str]) -> dict[str, str]:
    return {
        "id": os_release.get("ID", ""),
        "version": os_release.get("VERSION_ID", ""),
        "codename": os_release.get("VERSION_CODENAME", ""),
        "name": os_release.get("PRETTY_NAME", ""),
    }


def parse_routes(ip_route_json: str, version: int | None = None) -> list[dict[str, Any]]:
    """The routes of C(ip -json route), each destination as a CIDR; of one with several next hops, one each.

    ``version`` is that of the IP whose routes they are; None where it follows from their gateways.
    """
    return [
        {
            "destination": _as_network(one["dst"], _gateway(hop), version),
            "interface": hop.get("dev", ""),
            "gateway": _gateway(hop),
        }
        for one in json.loads(ip_route_json or "[]")
        if "dst" in one
        for hop in _next_hops(one)
    ]


def _next_hops(route: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The route itself where it has one next hop; those whose link is down carry nothing, unless all are."""
    hops = list(route.get("nexthops") or [])
    return [one for one in hops if not {"dead", "linkdown"} & set(one.get("flags") or ())] or hops or [route]


def _gateway(hop: Mapping[str, Any]) -> str:
    """Empty for none; ``via`` names one of the other family."""
    return hop.get("gateway") or (hop.get("via") or {}).get("host", "")


def parse_proc_routes(proc_net_route: str) -> list[dict[str, Any]]:
    """The routes of /proc/net/route, whose numbers are in the byte order of the machine (little endian)."""
    routes = []
    for line in proc_net_route.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue
        destination, gateway, mask = (_little_endian(fields[column]) for column in (1, 2, 7))
        routes.append(
            {
                "destination": str(ipaddress.ip_network(f"{destination}/{mask}", strict=False)),
                "interface": fields[0],
                "gateway": "" if int(fields[2], 16) == 0 else str(gateway),
            }
        )
    return routes


def parse_package_status(status: str, names: Iterable[str]) -> dict[str, str]:
    """The versions of those packages that dpkg has installed, of a dpkg status file."""
    wanted = set(names)
    found = {}
    for paragraph in status.split("\n\n"):
        name = paragraph[len("Package: ") :].split("\n", 1)[0] if paragraph.startswith("Package: ") else ""
        if name not in wanted:
            continue
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            found[name] = fields.get("Version", "")
    return found


def parse_memory_bytes(meminfo: str) -> int:
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return 0


def parse_gpu_driver(version: str) -> str | None:
    """The version of NVIDIA's driver as /proc/driver/nvidia/version has it; None where none is loaded."""
    found = re.search(r"Kernel Module.*?\s(\d+(?:\.\d+)+)\s", version)
    return found[1] if found else None


def nvidia_gpus(pci_devices: Path) -> list[dict[str, str]]:
    """The display devices of NVIDIA on the PCI bus; a driver is not needed to see them."""
    found = []
    for device in sorted(pci_devices.glob("*")):
        if _read(device / "vendor").strip() != NVIDIA_VENDOR:
            continue
        if _read(device / "class").strip().startswith(DISPLAY_CLASS):
            driver = device / "driver"
            found.append(
                {
                    "pci_address": device.name,
                    "device_id": _read(device / "device").strip(),
                    "driver": driver.resolve().name if driver.exists() else "",
                }
            )
    return found


def nvidia_device_nodes(dev: Path) -> list[str]:
    return sorted(str(one) for one in dev.glob("nvidia[0-9]*"))


def free_space(path: str) -> dict[str, Any]:
    """The space below a path; where it does not exist yet, that of its nearest existing parent."""
    existing = Path(path)
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    figures = os.statvfs(existing)
    return {
        "path": path,
        "existing_path": str(existing),
        "free_bytes": figures.f_bavail * figures.f_frsize,
        "total_bytes": figures.f_blocks * figures.f_frsize,
    }


def observe_host(disk_paths: Iterable[str], packages: Iterable[str]) -> dict[str, Any]:
    """Everything but the engine."""
    machine = platform.machine()
    return {
        "hostname": platform.node(),
        "machine_id": _read(Path("/etc/machine-id")).strip(),
        "distribution": distribution(parse_os_release(_read(Path("/etc/os-release")))),
        "kernel": platform.release(),
        "architecture": DEBIAN_ARCHITECTURES.get(machine, machine),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_bytes": parse_memory_bytes(_read(Path("/proc/meminfo"))),
        "interfaces": parse_interfaces(command_output("ip", "-details", "-json", "address"), read_hardware),
        "routes": _routes(),
        "disks": [free_space(path) for path in disk_paths],
        "file_systems": observe_file_systems(),
        "host_names": parse_hosts_file(_read(Path("/etc/hosts"))),
        "packages": parse_package_status(_read(Path("/var/lib/dpkg/status")), packages),
        "gpus": nvidia_gpus(Path("/sys/bus/pci/devices")),
        "gpu_driver": parse_gpu_driver(_read(Path("/proc/driver/nvidia/version"))),
        "gpu_device_nodes": nvidia_device_nodes(Path("/dev")),
    }


def _routes() -> list[dict[str, Any]]:
    listed = command_output("ip", "-json", "-4", "route")
    if not listed:
        return parse_proc_routes(_read(Path("/proc/net/route")))
    return parse_routes(listed, 4) + parse_routes(command_output("ip", "-json", "-6", "route"), 6)


def _as_network(destination: str, gateway: str, version: int | None) -> str:
    if destination == "default":
        is_six = version == 6 or (version is None and ":" in gateway)
        return "::/0" if is_six else "0.0.0.0/0"
    return str(ipaddress.ip_network(destination, strict=False))


def _little_endian(number: str) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(bytes.fromhex(number)[::-1])


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
