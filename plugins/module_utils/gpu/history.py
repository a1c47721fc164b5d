# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the GPUs of a job have shown from one reading to the next: which are gone, and whose clocks were lowered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from .claims import is_claimed

# A reason that comes and goes is one finding, until it has been away for so many seconds.
HELD_SECONDS = 300.0
# By NVML's documentation this may also be shown for the moment in which clocks change: one reading says nothing.
PASSING, FEWEST_READINGS = "hw_slowdown", 2
IDENTITY = ("index", "uuid", "pci_address")

Reading = Mapping[str, Any]


def identity_of(reading: Reading) -> dict[str, Any]:
    return {name: reading[name] for name in IDENTITY}


def _is_sure(slowdown: Mapping[str, Any]) -> bool:
    return bool(slowdown["reason"] != PASSING or slowdown["readings"] >= FEWEST_READINGS)


class GpuHistory:
    """``claimed`` are the GPUs of the job; ``is_on_bus`` tells of an address of PCI whether it is there."""

    def __init__(self, claimed: Sequence[str], is_on_bus: Callable[[str], bool]) -> None:
        self._claimed = claimed
        self._is_on_bus = is_on_bus
        # All GPUs of the host that were ever listed, by UUID, and those of them that /sys has.
        self._known: dict[str, dict[str, Any]] = {}
        self._on_bus: set[str] = set()
        self._missing: set[str] = set()
        self._slowdowns: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def listed(self) -> list[dict[str, Any]]:
        return list(self._known.values())

    @property
    def gpus(self) -> list[dict[str, Any]]:
        """The GPUs of the job."""
        return [one for one in self._known.values() if is_claimed(one, self._claimed)]

    def add(self, readings: Sequence[Reading], broken: Collection[str], is_whole: bool, now: float) -> None:
        """Take over a reading. ``broken`` are the addresses that nvidia-smi cannot use; ``is_whole`` whether it ended
        well, so that what it does not list is not there.
        """
        for one in readings:
            self._known.setdefault(one["uuid"], identity_of(one))
            if one["pci_address"] and self._is_on_bus(one["pci_address"]):
                self._on_bus.add(one["uuid"])
            for reason in one["slowdowns"]:
                key = one["uuid"], reason
                before = self._slowdowns.get(key, {"since": now, "readings": 0})
                self._slowdowns[key] = {
                    **identity_of(one),
                    "reason": reason,
                    "since": before["since"],
                    "last": now,
                    "readings": before["readings"] + 1,
                    "temperature_celsius": one["temperature_celsius"],
                }
        seen = {one["uuid"] for one in readings}
        if seen or broken:
            self._missing = {uuid for uuid in self._known if uuid not in seen and (is_whole or self._is(uuid, broken))}

    def found(self, now: float) -> dict[str, Any]:
        """Return C(slowdowns) and C(gone) of the GPUs of the job."""
        self._slowdowns = {key: one for key, one in self._slowdowns.items() if now - one["last"] < HELD_SECONDS}
        slow = [one for one in self._slowdowns.values() if is_claimed(one, self._claimed) and _is_sure(one)]
        return {"slowdowns": slow, "gone": [one for one in self.gpus if self._is_gone(one)]}

    def _is(self, uuid: str, addresses: Collection[str]) -> bool:
        return self._known[uuid]["pci_address"] in addresses

    def _is_gone(self, gpu: Mapping[str, Any]) -> bool:
        off_bus = gpu["uuid"] in self._on_bus and not self._is_on_bus(gpu["pci_address"])
        return off_bus or gpu["uuid"] in self._missing
