# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a GPU, how a GPU is named, and what is known of the job that is to use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ERROR, WARNING, NOTE = "error", "warning", "note"
# The first part of a UUID distinguishes the GPUs of a cluster, and fits into a line.
UUID_CHARACTERS = 12

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class GpuProblem:
    """``found`` begins with what it is about; ``remedy`` is one sentence or several."""

    severity: str
    found: str
    remedy: str


@dataclass(frozen=True)
class GpuUse:
    """What a job is to do with the GPUs of a host.

    ``claimed`` are those that its container gets, by number or UUID, or C(all). ``containers`` are the IDs of the
    containers whose processes are no strangers; ``environment`` is that of the image, as far as it is about CUDA.
    """

    processes: int = 1
    claimed: Sequence[str] = ()
    containers: Sequence[str] = ()
    image: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    is_shared: bool = False
    ipc: str = "host"
    shm_size: str = ""
    memlock: int = -1
    has_rdma: bool = False


def label(gpu: Facts) -> str:
    """C(GPU 3 (GPU-1f2e3d4c, 0000:5d:00.0))."""
    return f"GPU {gpu['index']} ({gpu['uuid'][:UUID_CHARACTERS] or 'no UUID'}, {gpu['pci_address']})"


def labels(gpus: Sequence[Facts]) -> str:
    """One by its label, several by their numbers."""
    return label(gpus[0]) if len(gpus) == 1 else f"GPUs {', '.join(str(gpu['index']) for gpu in gpus)}"


def at(facts: Facts, address: str) -> str:
    """The same for an address; of a GPU that is not listed the address alone."""
    listed = (one for one in facts["gpus"] if one["pci_address"] == address)
    return next((label(one) for one in listed), f"GPU {address}")


def reset_of(gpu: Facts) -> str:
    """How a GPU is reset, which ends everything that uses it."""
    return (
        f"End what uses it, and reset it: nvidia-smi --gpu-reset -i {gpu['index']} (without -i for GPUs that NVLink "
        "joins, which are reset together); where that is refused, restart the host."
    )
