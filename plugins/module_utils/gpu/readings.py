# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what changes of a GPU while it works, of a query of nvidia-smi that costs little."""

from __future__ import annotations

from typing import Any

from ..base.printable import printable
from .address import pci_address
from .description import LONGEST_NAME

FIELDS = ("index", "uuid", "pci.bus_id", "utilization.gpu", "temperature.gpu")
# Drivers up to 530 call the reasons that lower the clocks by the second name.
REASONS = ("clocks_event_reasons.active", "clocks_throttle_reasons.active")
NOT_KNOWN = "is not a valid field"
MAX_GPUS = 1024
# The bits of NVML (nvmlClocksEventReasons) by their names in a listing.
SLOWDOWN_BITS = {
    0x08: "hw_slowdown",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
}


def query(reasons: str) -> str:
    """Return the option of nvidia-smi; ``reasons`` is one of C(REASONS)."""
    return f"--query-gpu={','.join((*FIELDS, reasons))}"


def parse_readings(csv: str) -> list[dict[str, Any]]:
    """Return one reading for each GPU, of the format C(csv,noheader,nounits); other lines are left out."""
    rows = [[cell.strip() for cell in line.split(",")] for line in csv.splitlines()[:MAX_GPUS]]
    return [_reading(row) for row in rows if len(row) == len(FIELDS) + 1 and row[0].isascii() and row[0].isdigit()]


def _reading(row: list[str]) -> dict[str, Any]:
    index, uuid, address, utilization, temperature, reasons = row
    return {
        "index": int(index[:6]),
        "uuid": printable(uuid, LONGEST_NAME),
        "pci_address": pci_address(address),
        "utilization_percent": _whole(utilization),
        "temperature_celsius": _whole(temperature),
        "slowdowns": [name for bit, name in SLOWDOWN_BITS.items() if _bits(reasons) & bit],
    }


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _bits(text: str) -> int:
    try:
        return int(text[:40], 16)
    except ValueError:
        return 0
