# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a GPU of its host is why a rank ended, by what the kernel and the driver said of it while it ran."""

from __future__ import annotations

from collections.abc import Sequence

from ..gpu_health.in_job import JobGpuProblem, job_problems
from ..job.ranks import Rank, is_failed
from .consequences import is_consequence
from .exceptions import Raised
from .rule import pattern

# A process that meets such an error ends at its next call of CUDA.
SOON_SECONDS = 60.0
# One that waits for a GPU, or for another rank, ends with the timeout of its collectives: 10 minutes in torch, and 30
# where transformers sets it (ddp_timeout).
LATE_SECONDS = 35 * 60.0
# The kernel may write it a little after the process has ended.
AFTER_SECONDS = 10.0
_OF_GPU = pattern(r"CUDA|NCCL|cuBLAS|cuDNN|GPU|NVML|ECC|Xid|watchdog|DistBackendError|collective operation timeout")


def ended_by(rank: Rank, faults: Sequence[Raised]) -> JobGpuProblem | None:
    """Return what ended a failed rank, or None.

    ``faults`` are its own exceptions: soon after the GPU's error they follow from it, later only those about GPUs.
    """
    others = [one for one in faults if not _OF_GPU.search(one.whole) and not is_consequence(one.text)]
    within = SOON_SECONDS if others else LATE_SECONDS
    return next((one for one in job_problems(rank.gpu) if is_failed(rank) and _explains(one, rank, within)), None)


def lost_gpu(rank: Rank) -> JobGpuProblem | None:
    """Return the problem of a GPU that no process can use any more, or None; its rank may still be there."""
    return next((one for one in job_problems(rank.gpu) if one.is_lost), None)


def _explains(problem: JobGpuProblem, rank: Rank, within: float) -> bool:
    if not problem.ends_job or problem.time is None or rank.ended is None:
        return problem.ends_job
    return -AFTER_SECONDS <= rank.ended - problem.time <= within
