# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The GPUs of a host that do not work, by the PCI bus, the driver and nvidia-smi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..gpu.driver import broken_gpus
from .driver import Installation, why_no_driver
from .problem import ERROR, NOTE, Facts, GpuProblem

# The driver by which a GPU is handed to a virtual machine.
HANDED_ON = "vfio-pci"
# Of a command that was ended (base.command).
LATE = "took longer than"
MISMATCH = "driver/library version mismatch"
SILENT = (
    "the driver is loaded",
    "Where nvidia-smi is not installed, install the driver's tools of the same version (nvidia-utils, nvidia-smi); "
    "else see what the kernel says (journalctl -k --grep 'NVRM|Xid'), and restart the host.",
)
REMOVE = "restart the host; if it stays so, have the GPU's seat, power and temperature checked"


def gpu_problems(
    gpus: Sequence[Mapping[str, Any]],
    driver: Sequence[str] | None,
    rc: int | None,
    said: str,
    installation: Installation,
) -> Iterator[GpuProblem]:
    """The problems of the GPUs on the PCI bus. ``driver`` are the addresses that the driver has, None if unknown.

    ``installation`` is C(driver_installation) of M(distrain.cluster.gpu_info).
    """
    if MISMATCH in said.lower():
        yield GpuProblem(
            "error",
            f"NVIDIA's driver was updated, and the one before is still loaded: nvidia-smi -L says: {_line(said)}",
            "Restart the host, which loads the new driver.",
        )
        return
    named = broken_gpus(said)
    if rc is None and LATE in said:
        yield GpuProblem(
            "error",
            f"the PCI bus has {len(gpus)} of NVIDIA's GPUs, and nvidia-smi does not answer: {_line(said)}",
            "Mostly the driver is stuck: see the kernel's log (journalctl -k --grep 'NVRM|Xid'), and restart the host.",
        )
        return
    if rc != 0 and not named:
        why, remedy = SILENT if driver else why_no_driver(installation, gpus)
        found = f"the PCI bus has {len(gpus)} of NVIDIA's GPUs, and {why}; nvidia-smi -L says: {_line(said)}"
        yield GpuProblem("error", found, remedy)
        return
    yield from _missing_gpus(gpus, driver, named, said)


def _missing_gpus(
    gpus: Sequence[Mapping[str, Any]], driver: Sequence[str] | None, named: Sequence[str], said: str
) -> Iterator[GpuProblem]:
    bus = {str(one["pci_address"]).lower(): one for one in gpus}
    unknown = [address for address in bus if driver is not None and address not in driver]
    works = {one["device_id"] for address, one in bus.items() if address not in (*unknown, *named)}
    for address in sorted({*unknown, *named}):
        one = bus.get(address, {})
        if one.get("driver") == HANDED_ON:
            yield GpuProblem("note", f"its GPU {address} belongs to {HANDED_ON}", "Nothing to do where that is wanted.")
            continue
        words = f"; nvidia-smi -L says: {_line(said, address)}" if address in named else ""
        has = (
            f"{len(bus)} GPUs of NVIDIA, of which the driver cannot use" if bus else "a GPU that the driver cannot use:"
        )
        bound = f" (bound to the driver {one['driver']})" if one.get("driver") not in (None, "", "nvidia") else ""
        # Another model beside those that work may be one that the driver does not know: a display adapter.
        is_other = address in unknown and address not in named and bool(works) and one.get("device_id") not in works
        yield GpuProblem(
            "warning" if is_other else "error",
            f"the PCI bus has {has} {address}{bound}{words}",
            f"See what the kernel says of it (journalctl -k --grep '{address}|NVRM|Xid'), and {REMOVE}. To go on "
            f"without it, take it off the bus: echo 1 > /sys/bus/pci/devices/{address}/remove",
        )


def _line(said: str, address: str = "") -> str:
    """The line about an address, or the first line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    about = [line for line in lines if address and address in line.lower()]
    return next(iter(about or lines), "nothing")


def unlisted_gpus(facts: Facts) -> Iterator[GpuProblem]:
    """GPUs that the driver has and nvidia-smi neither lists nor says anything of.

    A driver that has left one out, and a host that has no device node of one, as a container has, was told so.
    """
    listed = {one["pci_address"] for one in facts["gpus"]}
    named = broken_gpus(facts["nvidia_smi"]["said"])
    for one in facts["driver_gpus"]:
        address = one["pci_address"]
        if address in listed or address in named or not listed:
            continue
        if one["is_excluded"] or not one["has_node"]:
            why = "the driver leaves it out" if one["is_excluded"] else f"there is no /dev/nvidia{one['minor']}"
            yield GpuProblem(NOTE, f"its GPU {address} is not used: {why}", "Nothing to do where that is wanted.")
        else:
            yield GpuProblem(
                ERROR,
                f"the driver has {len(facts['driver_gpus'])} GPUs, of which nvidia-smi does not list {address}",
                f"See what the kernel says of it (journalctl -k --grep '{address}|NVRM|Xid'), and {REMOVE}.",
            )


def unread_gpus(facts: Facts) -> Iterator[GpuProblem]:
    """GPUs of which nvidia-smi says nothing that can be read, although it ends well."""
    there = [one for one in facts["bus"] if one.get("driver") != HANDED_ON] or facts["driver_gpus"]
    if there and not facts["gpus"]:
        why = "; ".join(one.rstrip(".") for one in facts["problems"]) or "nvidia-smi -q -x lists none"
        yield GpuProblem(
            ERROR,
            f"the host has {len(there)} of NVIDIA's GPUs, and of none of them anything can be read: {why}",
            "Run it on the host to see why. Where it does the same there, install the driver anew.",
        )


def other_library(facts: Facts) -> Iterator[GpuProblem]:
    """A library of another version than the kernel's module, between which the driver may still mediate."""
    loaded, library = facts["driver_version"], facts["library_version"]
    if loaded and library and loaded != library:
        yield GpuProblem(
            ERROR,
            f"NVIDIA's kernel module is of version {loaded}, and its library of {library}",
            "Restart the host, which loads the module that belongs to the library.",
        )
