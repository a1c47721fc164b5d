# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what the driver says of its GPUs beside C(nvidia-smi -q -x)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .address import pci_address

# The machines whose GPU is on no PCI bus, or behind the driver of another system.
TEGRA, WSL = "tegra", "wsl"

_GPU = re.compile(r"GPU \d{1,4}:.*\(UUID: ([^)\s]{1,80})\)")
_LINK = re.compile(r"\s+Link \d{1,3}: (.+)")
_MINOR = re.compile(r"[0-9]{1,6}")
# Of a line of nvidia-smi about a GPU that it cannot use.
_ADDRESS = re.compile(r"\b(?:[0-9a-f]{4})?([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])", re.IGNORECASE)
_BROKEN = re.compile(r"unable to determine the device handle|gpu is lost|unknown error|has fallen off", re.IGNORECASE)
_CAPABILITY = re.compile(r"[0-9]{1,3}\.[0-9]{1,2}")


def broken_gpus(said: str) -> list[str]:
    """The PCI addresses of the GPUs that nvidia-smi says it cannot use."""
    lines = [line for line in said.splitlines() if _BROKEN.search(line)]
    return sorted({found[1].lower() for line in lines for found in _ADDRESS.finditer(line)})


def parse_information(directory: str, text: str) -> dict[str, Any]:
    """A file C(/proc/driver/nvidia/gpus/ADDRESS/information), by the name of its directory."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition(":")
        if separator:
            fields.setdefault(name.strip().lower(), value.strip())
    minor = _MINOR.fullmatch(fields.get("device minor", ""))
    # Drivers before 450 call it by the second name.
    excluded = fields.get("gpu excluded") or fields.get("blacklisted") or ""
    return {
        "pci_address": pci_address(directory),
        "model": fields.get("model", ""),
        "uuid": fields.get("gpu uuid", ""),
        "minor": int(minor[0]) if minor else None,
        "is_excluded": excluded.lower() == "yes",
    }


def parse_capabilities(csv: str) -> dict[str, str]:
    """The compute capabilities by UUID, of C(nvidia-smi --query-gpu=uuid,compute_cap --format=csv,noheader)."""
    rows = [[cell.strip() for cell in line.split(",")] for line in csv.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) == 2 and _CAPABILITY.fullmatch(row[1])}


def parse_nvlinks(text: str) -> dict[str, dict[str, int]]:
    """How many links are active and inactive, by the UUID of the GPU, of C(nvidia-smi nvlink --status)."""
    found: dict[str, dict[str, int]] = {}
    links: dict[str, int] | None = None
    for line in text.splitlines():
        gpu, link = _GPU.match(line), _LINK.match(line)
        if gpu:
            links = found.setdefault(gpu[1], {"active": 0, "inactive": 0})
        elif link and links is not None:
            links["inactive" if "inactive" in link[1].lower() else "active"] += 1
    return found


def parse_unit(text: str) -> str:
    """The state of a unit, of C(systemctl show --property=LoadState,ActiveState); C(not-found) where there is none."""
    fields = dict(line.strip().split("=", 1) for line in text.splitlines() if "=" in line)
    return "not-found" if fields.get("LoadState") == "not-found" else fields.get("ActiveState", "")


def with_peers(gpu: Mapping[str, Any], capabilities: Mapping[str, str], links: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a GPU with those that other commands print of it."""
    return {
        **gpu,
        "compute_capability": capabilities.get(gpu["uuid"], ""),
        "nvlinks": links.get(gpu["uuid"]) or {"active": 0, "inactive": 0},
    }
