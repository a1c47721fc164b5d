# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The GPUs of NVIDIA as the driver and nvidia-smi know them.

The functions that take paths can be pointed at another root in tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..base.command import run_command

DRIVER_GPUS = Path("/proc/driver/nvidia/gpus")
QUESTION = ("nvidia-smi", "-L")
# A driver that is stuck answers late or never.
ANSWER_SECONDS = 60


def driver_gpus(directory: Path = DRIVER_GPUS) -> list[str]:
    """The PCI addresses of the GPUs that the driver has."""
    return sorted(one.name.lower() for one in directory.glob("*:*"))


def ask_nvidia_smi() -> dict[str, Any]:
    """The exit status and the words of C(nvidia-smi -L); the status is None where it did not run or did not end."""
    done = run_command(QUESTION, ANSWER_SECONDS)
    return {"rc": done.rc if done.has_run else None, "said": (done.stdout + done.stderr).strip()}
