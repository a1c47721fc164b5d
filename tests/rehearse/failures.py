# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that must fail on real GPUs, and a word that their errors must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Failure:
    """``says`` is in the error."""

    name: str
    variables: Mapping[str, Any]
    says: str

    def variables_of_job(self) -> dict[str, Any]:
        return {"trainer_launch_job_name": self.name.lower().replace(" ", "-"), **self.variables}


def _program(*lines: str) -> dict[str, Any]:
    return {"trainer_launch_job_command": ["python3", "-c", "\n".join(["import time", "import torch", *lines])]}


FAILURES = (
    Failure(
        "GPU memory full",
        _program("held = [torch.empty(2**33, dtype=torch.uint8, device='cuda') for _ in range(128)]"),
        "memory",
    ),
    Failure(
        "A GPU that is not there",
        _program("torch.zeros(1, device='cuda:63')"),
        "invalid device ordinal",
    ),
    Failure(
        "Shared memory too small",
        {"trainer_launch_ipc": "private", "trainer_launch_shm_size": "4mb"},
        "/dev/shm",
    ),
    Failure(
        "A job that takes too long",
        {**_program("time.sleep(600)"), "trainer_launch_job_timeout": 15},
        "15 s",
    ),
)
