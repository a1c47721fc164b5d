# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The memory of a GPU, what the driver asks for, and the Xid errors of the kernel's log."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from .problem import ERROR, NOTE, WARNING, Facts, GpuProblem, at, label, reset_of
from .xids import REPEATED, XIDS, Xid

REPLACE = "Take it out of trainer_launch_gpu_devices, and have it replaced."
NOT_IN_TABLE = "See NVIDIA's catalog of Xid errors."
NO_ACTION = "none"
# That GPUs may not reach each other directly is no reason to leave one alone.
PEERS_ONLY = "drain p2p"


def memory_problems(gpu: Facts) -> Iterator[GpuProblem]:
    ecc, rows = gpu["ecc"], gpu["remapped_rows"]
    if rows["failure"] or gpu["unrepairable_memory"] or ecc["sram_threshold_exceeded"]:
        what = "a bad row of its memory could not be replaced" if rows["failure"] else "its memory cannot be repaired"
        if ecc["sram_threshold_exceeded"]:
            what = "its SRAM had more uncorrectable errors than NVIDIA allows"
        yield GpuProblem(ERROR, f"{label(gpu)}: {what}", REPLACE)
    if rows["pending"]:
        yield GpuProblem(ERROR, f"{label(gpu)}: a bad row of its memory waits to be replaced", reset_of(gpu))
    if gpu["repair_pending"]:
        found = f"{label(gpu)}: bad pages or parts of it wait to be taken out of use"
        yield GpuProblem(ERROR, found, reset_of(gpu))
    if ecc["volatile_uncorrected"]:
        count = ecc["volatile_uncorrected"]
        found = f"{label(gpu)}: {count} memory errors that ECC could not correct since the driver was loaded"
        yield GpuProblem(ERROR, found, f"{reset_of(gpu)} If they come back, have it replaced.")
    elif ecc["aggregate_uncorrected"]:
        found = (
            f"{label(gpu)}: {ecc['aggregate_uncorrected']} memory errors that ECC could not correct, in its whole life"
        )
        yield GpuProblem(NOTE, found, "Nothing to do while none comes since the driver was loaded.")


def recovery_problems(gpu: Facts) -> Iterator[GpuProblem]:
    """What the driver itself asks for after an error; those before R565 do not say."""
    action = gpu["recovery_action"].lower()
    if action in ("", NO_ACTION):
        return
    remedy = "Restart the host." if "reboot" in action else reset_of(gpu)
    found = f"{label(gpu)}: the driver asks for a recovery, {gpu['recovery_action']}"
    yield GpuProblem(WARNING if action == PEERS_ONLY else ERROR, found, remedy)


def xid_problems(facts: Facts) -> Iterator[GpuProblem]:
    recovered = {one["pci_address"] for one in facts["gpus"] if one["recovery_action"].lower() == NO_ACTION}
    for entry in facts["xids"]:
        if entry["number"] not in REPEATED:
            yield _xid_problem(facts, entry, entry["pci_address"] in recovered)


def xid_in_words(facts: Facts, entry: Mapping[str, Any]) -> tuple[Xid | None, str]:
    """An entry of the kernel's log: what the table has of its number, and what was found as words."""
    xid = XIDS.get(entry["number"])
    name = f"{xid.name}; mostly the fault of {xid.fault}" if xid else "not in the table of this collection"
    times = f"{entry['count']} times, last" if entry["count"] > 1 else "once,"
    process = f", by {entry['process']} (PID {entry['pid']})" if entry["process"] else ""
    found = (
        f"{at(facts, entry['pci_address'])}: Xid {entry['number']} {times} {_moment(entry['time'])}{process}: {name}"
    )
    return xid, found if xid else f"{found}: {entry['said']}"


def _xid_problem(facts: Facts, entry: Mapping[str, Any], is_recovered: bool) -> GpuProblem:
    xid, found = xid_in_words(facts, entry)
    if not xid:
        return GpuProblem(WARNING, found, NOT_IN_TABLE)
    if xid.severity != ERROR:
        return GpuProblem(xid.severity, found, xid.remedy)
    if is_recovered:
        return GpuProblem(WARNING, f"{found}; by the driver nothing is left to be done", "Watch whether it comes back.")
    return GpuProblem(
        ERROR,
        found,
        f"{xid.remedy} Where that was done since, set trainer_launch_gpu_health to warn until the host is restarted.",
    )


def _moment(time: float | None) -> str:
    if time is None:
        return "since the host's start"
    try:
        moment = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    except (OverflowError, OSError, ValueError):
        return "since the host's start"
    return f"at {moment:%Y-%m-%d %H:%M:%S} UTC"
