# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the processes of a job need of their host beside its GPUs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..base.sizes import in_words
from .problem import ERROR, Facts, GpuProblem, GpuUse

MEBIBYTE = 2**20
# NCCL keeps buffers of some ten MiB for each channel and communicator there; with 64 MiB the second communicator fails.
SHARED_MEMORY_OF_PROCESS = 256 * MEBIBYTE
# RDMA pins the buffers of all connections; what is measured stays far below.
LOCKED_MEMORY_OF_PROCESS = 1024 * MEBIBYTE
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def limit_problems(facts: Facts, use: GpuUse) -> Iterator[GpuProblem]:
    yield from _shared_memory(facts, use)
    needed = use.processes * LOCKED_MEMORY_OF_PROCESS
    if use.has_rdma and 0 <= use.memlock < needed:
        yield GpuProblem(
            ERROR,
            f"RDMA is used, and memlock of trainer_launch_ulimits lets {use.processes} processes pin no more than "
            f"{in_words(use.memlock)}",
            "Leave memlock in trainer_launch_ulimits at -1, which is no limit.",
        )


def _shared_memory(facts: Facts, use: GpuUse) -> Iterator[GpuProblem]:
    needed = use.processes * SHARED_MEMORY_OF_PROCESS
    processes = f"{use.processes} process{'es' if use.processes > 1 else ''}"
    if use.ipc != "host":
        size = bytes_of(use.shm_size)
        if size is not None and size < needed:
            yield GpuProblem(
                ERROR,
                f"the container's /dev/shm is to have {in_words(size)}, and NCCL needs about {in_words(needed)} for "
                f"{processes}",
                "Raise trainer_launch_shm_size.",
            )
        return
    free, total = (facts["shared_memory"][name] for name in ("free_bytes", "total_bytes"))
    if free < needed:
        enlarge = "Enlarge it (mount -o remount,size=50% /dev/shm), or set trainer_launch_ipc to private."
        remove = "Remove files there that no process uses any more, such as /dev/shm/nccl-*."
        yield GpuProblem(
            ERROR,
            f"its /dev/shm has {in_words(free)} free of {in_words(total)}, and NCCL needs about {in_words(needed)} for "
            f"{processes}",
            enlarge if total < 2 * needed else f"{remove} {enlarge}",
        )


def bytes_of(size: str) -> int | None:
    """A size as Docker takes it, such as C(16gb); None for what is no size."""
    found = _SIZE.fullmatch(str(size).strip())
    return int(float(found[1]) * _UNITS[found[2].lower()]) if found else None
