# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a record of C(nvidia-smi -q -x) -> the facts of one GPU, as M(distrain.cluster.gpu_info) documents them.

What a GPU does not know (C(N/A)), and what its driver does not print, is None, or empty where it is a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..base.printable import printable
from .address import pci_address
from .listing import GpuRecord

MEBIBYTE = 2**20
LONGEST_NAME = 200
UNKNOWN = frozenset({"", "n/a", "[n/a]", "[not supported]", "requested functionality has been deprecated"})
# Drivers up to 530 call the reasons that lower the clocks by the second name.
REASONS = ("clocks_event_reasons/clocks_event_reason_", "clocks_throttle_reasons/clocks_throttle_reason_")
# Why clocks are lower than they could be, other than that there is nothing to do or somebody has set them.
SLOWDOWNS = ("hw_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "sw_thermal_slowdown", "sw_power_cap")
POWER = ("gpu_power_readings", "power_readings")
DRAWS = ("instant_power_draw", "power_draw", "average_power_draw")
LIMITS = ("current_power_limit", "enforced_power_limit", "power_limit")
REPAIRS = (
    "ecc_errors/channel_repair_pending",
    "ecc_errors/tpc_repair_pending",
    "retired_pages/pending_retirement",
    "retired_pages/pending_blacklist",
)
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")


def known(text: str) -> str:
    """A text of nvidia-smi as one line; empty where it says that nothing is known."""
    line = printable(text, LONGEST_NAME).strip()
    return "" if line.lower() in UNKNOWN else line


class _Values:
    """The texts of a record, as numbers and truths."""

    def __init__(self, record: GpuRecord) -> None:
        self._values = record.values

    def text(self, *paths: str) -> str:
        """The first of these that the GPU knows."""
        return next((text for path in paths if (text := known(self._values.get(path, "")))), "")

    def number(self, *paths: str) -> float | None:
        found = _NUMBER.match(self.text(*paths))
        return float(found[0]) if found else None

    def whole(self, *paths: str) -> int | None:
        found = self.number(*paths)
        return None if found is None else int(found)

    def truth(self, *paths: str) -> bool | None:
        word = self.text(*paths).lower()
        return None if not word else word in ("yes", "enabled", "active", "true", "on")

    def bytes_of(self, path: str) -> int | None:
        found = self.whole(path)
        return None if found is None else found * MEBIBYTE


def describe_gpu(record: GpuRecord, index: int) -> dict[str, Any]:
    values = _Values(record)
    return {
        "index": index,
        "uuid": values.text("uuid"),
        "model": values.text("product_name"),
        "brand": values.text("product_brand"),
        "architecture": values.text("product_architecture"),
        "pci_address": pci_address(values.text("pci/pci_bus_id") or record.address),
        "minor": values.whole("minor_number"),
        "memory_bytes": values.bytes_of("fb_memory_usage/total"),
        "used_memory_bytes": values.bytes_of("fb_memory_usage/used"),
        "virtualization": values.text("gpu_virtualization_mode/virtualization_mode"),
        "license": values.text("vgpu_software_licensed_product/license_status"),
        "mig": values.truth("mig_mode/current_mig"),
        "mig_devices": len(record.mig_devices),
        "persistence": values.truth("persistence_mode"),
        "performance_state": values.text("performance_state"),
        "utilization_percent": values.whole("utilization/gpu_util"),
        "temperature_celsius": values.whole("temperature/gpu_temp"),
        "slowdowns": [one for one in SLOWDOWNS if values.truth(*(f"{reason}{one}" for reason in REASONS))],
        "recovery_action": values.text("gpu_recovery_action"),
        "fabric": {"state": values.text("fabric/state"), "status": values.text("fabric/status")},
        **_memory(values),
        **_rates(values),
        "processes": [_process(one) for one in record.processes],
    }


def _memory(values: _Values) -> dict[str, Any]:
    return {
        "ecc": {
            "enabled": values.truth("ecc_mode/current_ecc"),
            **{
                f"{kind}_{what}": _errors(values, kind, what)
                for kind in ("volatile", "aggregate")
                for what in ("corrected", "uncorrected")
            },
            "sram_threshold_exceeded": values.truth("ecc_errors/aggregate/sram_threshold_exceeded"),
        },
        "remapped_rows": {
            "corrected": values.whole("remapped_rows/remapped_row_corr"),
            "uncorrected": values.whole("remapped_rows/remapped_row_unc"),
            "pending": values.truth("remapped_rows/remapped_row_pending"),
            "failure": values.truth("remapped_rows/remapped_row_failure"),
        },
        "repair_pending": any(values.truth(path) for path in REPAIRS),
        "unrepairable_memory": values.truth("ecc_errors/unrepairable_memory"),
    }


def _errors(values: _Values, kind: str, what: str) -> int | None:
    """The sum over the memories of the GPU; drivers before those of Ampere print one total."""
    word = "correctable" if what == "corrected" else "uncorrectable"
    names = [f"sram_{word}", f"sram_{word}_parity", f"sram_{word}_secded", f"dram_{word}"]
    bits = "single_bit" if what == "corrected" else "double_bit"
    return _sum(values.whole(f"ecc_errors/{kind}/{name}") for name in (*names, f"{bits}/total"))


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [one for one in numbers if one is not None]
    return sum(known) if known else None


def _rates(values: _Values) -> dict[str, Any]:
    link = "pci/pci_gpu_link_info"
    return {
        "pcie": {
            "generation": values.whole(f"{link}/pcie_gen/current_link_gen"),
            "generation_max": values.whole(f"{link}/pcie_gen/max_link_gen"),
            "width": values.whole(f"{link}/link_widths/current_link_width"),
            "width_max": values.whole(f"{link}/link_widths/max_link_width"),
        },
        "power_watts": values.number(*(f"{group}/{name}" for name in DRAWS for group in POWER)),
        "power_limit_watts": values.number(*(f"{group}/{name}" for name in LIMITS for group in POWER)),
        "clocks_mhz": {
            "sm": values.whole("clocks/sm_clock"),
            "sm_max": values.whole("max_clocks/sm_clock"),
            "memory": values.whole("clocks/mem_clock"),
            "memory_max": values.whole("max_clocks/mem_clock"),
        },
    }


def _process(record: dict[str, str]) -> dict[str, Any]:
    values = _Values(GpuRecord("", record))
    return {
        "pid": values.whole("pid"),
        "name": values.text("process_name"),
        "type": values.text("type"),
        "memory_bytes": values.bytes_of("used_memory"),
    }
