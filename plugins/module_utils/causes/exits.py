# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a rank's process ended, by its exit code and its launcher's output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .exceptions import split_prefix

KILL, TERMINATE, ABORT = 9, 15, 6
SIGNALS = {
    KILL: "SIGKILL",
    TERMINATE: "SIGTERM",
    ABORT: "SIGABRT",
    4: "SIGILL",
    7: "SIGBUS",
    8: "SIGFPE",
    11: "SIGSEGV",
}
_FROM_SHELL, _LAST_SIGNAL = 128, 64
# How torchrun and DeepSpeed's launcher report the failed process.
_CHILD = re.compile(r"(?:exitcode\s*: ?|exits with return code = )(-?\d+)")
_DIED = re.compile(r"died with <Signals\.\w+: (\d+)>")
_ROOT_CAUSE = re.compile(r"^Root Cause \(first observed failure\)")
_ROOT_RANK = re.compile(r"^\s*rank\s+: (\d+) \(local_rank: (\d+)\)")
# What a shell, Python's fault handler and torch's signal handler print.
_PRINTED = (
    (11, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: |.*!+ )?Segmentation fault", re.IGNORECASE)),
    (7, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: )?Bus error( \(core dumped\))?$", re.IGNORECASE)),
    (4, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: )?Illegal instruction", re.IGNORECASE)),
    (8, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: )?Floating[ -]point exception", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Child:
    """The process that failed first by its launcher: its signal, or 0, and its global rank where it is known."""

    signal: int = 0
    rank: str = ""


def signal_of_code(code: int | None) -> int:
    """Return the signal that an exit code stands for, or 0.

    For signal n a shell exits with 128 + n, and DeepSpeed's launcher with 256 - n.
    """
    if code is None or code <= _FROM_SHELL:
        return -code if code and code < 0 else 0
    of_shell = code - _FROM_SHELL if code <= _FROM_SHELL + _LAST_SIGNAL else 0
    return next((number for number in (of_shell, 256 - code) if number in SIGNALS), of_shell)


def first_child(lines: Sequence[str]) -> Child:
    """Return the process that failed first, by its launcher, which ends the others by SIGTERM."""
    codes = [int(found[1]) for line in lines if (found := _CHILD.search(line))]
    codes += [-int(found[1]) for line in lines if (found := _DIED.search(line))]
    signals = [-code for code in codes if code < 0 and -code != TERMINATE]
    begin = next((number for number, line in enumerate(lines) if _ROOT_CAUSE.match(line)), None)
    if begin is None:
        return Child(signals[0] if signals else 0)
    root = lines[begin:]
    rank = next((found[1] for line in root if (found := _ROOT_RANK.match(line))), "")
    code = next((int(found[1]) for line in root if (found := _CHILD.search(line))), 0)
    return Child(-code if code < 0 and -code != TERMINATE else 0, rank)


def printed_signal(lines: Sequence[str]) -> int:
    """Return the signal that one of the last lines reports, or 0."""
    for line in (split_prefix(line)[1] for line in reversed(lines[-12:])):
        for number, pattern in _PRINTED:
            if pattern.search(line):
                return number
    return 0
