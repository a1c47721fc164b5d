# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the GPUs of one host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..gpu.claims import is_claimed
from .driver import installation_problems
from .errors import memory_problems, recovery_problems, xid_problems
from .image import image_problems
from .limits import limit_problems
from .links import fabric_problems, nvlink_problems, pcie_problems
from .presence import gpu_problems, other_library, unlisted_gpus, unread_gpus
from .problem import ERROR, WARNING, Facts, GpuProblem, GpuUse
from .state import (
    clock_problems,
    memory_notes,
    mig_problems,
    persistence_problems,
    process_problems,
    virtualization_problems,
)


def host_problems(facts: Facts, use: GpuUse | None = None) -> Iterator[GpuProblem]:
    """The problems of one host; with ``use`` those of the GPUs that the job gets."""
    if facts["nvidia_smi"] is None:
        return
    smi, addresses = facts["nvidia_smi"], [one["pci_address"] for one in facts["driver_gpus"]]
    missing = list(gpu_problems(facts["bus"], addresses, smi["rc"], smi["said"], facts["driver_installation"]))
    yield from missing
    if not facts["gpus"] and any(one.severity == ERROR for one in missing):
        return
    unread = list(unread_gpus(facts))
    if unread:
        yield from unread
        return
    wanted = _claimed(facts, use)
    yield from (*unlisted_gpus(facts), *other_library(facts), *installation_problems(facts), *_xids(facts, wanted))
    yield from _unread(facts)
    for gpu in wanted:
        yield from (*memory_problems(gpu), *recovery_problems(gpu), *pcie_problems(gpu), *clock_problems(gpu))
        yield from (*mig_problems(gpu, use), *process_problems(gpu, use))
        yield from (*virtualization_problems(gpu, use), *memory_notes(gpu))
    yield from (*nvlink_problems(facts, wanted), *fabric_problems(facts, wanted), *persistence_problems(wanted))
    if use:
        yield from (*image_problems(facts, wanted, use), *limit_problems(facts, use))


def _claimed(facts: Facts, use: GpuUse | None) -> list[Facts]:
    """Those that the job's container gets."""
    return [one for one in facts["gpus"] if not use or is_claimed(one, use.claimed)]


def _xids(facts: Facts, wanted: Sequence[Facts]) -> Iterator[GpuProblem]:
    """Those of these GPUs, and of GPUs that are not listed, which the job may lack."""
    others = {one["pci_address"] for one in facts["gpus"]} - {one["pci_address"] for one in wanted}
    return xid_problems({**facts, "xids": [one for one in facts["xids"] if one["pci_address"] not in others]})


def _unread(facts: Facts) -> Iterator[GpuProblem]:
    for one in facts["problems"]:
        yield GpuProblem(WARNING, one.rstrip("."), "Nothing of it is judged; run the command on the host to see why.")
