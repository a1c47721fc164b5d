# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands of the host that are asked about GPUs, each bounded in time and in what is read of its output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base.command import run_command
from .listing import MAX_CHARACTERS

NVIDIA_SMI = "nvidia-smi"
LIST = (NVIDIA_SMI, "-L")
# A driver that is stuck answers late or never.
ANSWER_SECONDS = 60
LOG_SECONDS = 20
MAX_LINES = 10_000


def ask(*argv: str, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
    """The exit status and the words of a command; the status is None where it did not run or did not end."""
    done = run_command(argv, seconds)
    # What is said of an error never stands inside a listing.
    said = done.stdout[: MAX_CHARACTERS + 1] + done.stderr[: MAX_CHARACTERS + 1]
    return {"rc": done.rc if done.has_run else None, "said": said.strip()}


def ask_nvidia_smi() -> dict[str, Any]:
    """The exit status and the words of C(nvidia-smi -L)."""
    return ask(*LIST)


def lines_with(needle: str, argv: Sequence[str], seconds: float = LOG_SECONDS) -> tuple[list[str], bool]:
    """The newest lines of a command's output that hold a text, and whether it printed anything and ended well."""
    done = run_command(argv, seconds)
    found = [line for line in done.stdout.splitlines(keepends=True) if needle in line]
    return found[-MAX_LINES:], bool(done.stdout) and done.rc == 0
