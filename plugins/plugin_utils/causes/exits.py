# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: how a rank's process ended, by its exit code and by what the launcher above it wrote down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .exceptions import speaker_of

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
# torchrun, and DeepSpeed's launcher, of the process that failed.
_CHILD = re.compile(r"(?:exitcode\s*: ?|exits with return code = )(-?\d+)")
_DIED = re.compile(r"died with <Signals\.\w+: (\d+)>")
_ROOT_CAUSE = re.compile(r"^Root Cause \(first observed failure\)")
_ROOT_RANK = re.compile(r"^\s*rank\s+: (\d+) \(local_rank: (\d+)\)")
# Without a launcher that says so: the shell's words, Python's fault handler, and torch's signal handler.
_SPOKEN = (
    (11, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: |.*!+ )?Segmentation fault", re.IGNORECASE)),
    (7, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: )?Bus error( \(core dumped\))?$", re.IGNORECASE)),
    (4, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: )?Illegal instruction", re.IGNORECASE)),
    (8, re.compile(r"^(\S+: line \d+:.* |Fatal Python error: )?Floating[ -]point exception", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Child:
    """The process that a launcher saw failing first: its signal, or 0, and its global rank where that is known."""

    signal: int = 0
    rank: str = ""


def signal_of_code(code: int | None) -> int:
    """Return the signal that an exit code stands for, or 0.

    Of signal n a shell makes 128 + n, and Python, with which DeepSpeed's launcher ends, 256 - n.
    """
    if code is None or code <= _FROM_SHELL:
        return -code if code and code < 0 else 0
    of_shell = code - _FROM_SHELL if code <= _FROM_SHELL + _LAST_SIGNAL else 0
    return next((number for number in (of_shell, 256 - code) if number in SIGNALS), of_shell)


def first_child(lines: Sequence[str]) -> Child:
    """Return what the launcher says of the process that failed first; it ends the others by SIGTERM itself."""
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


def spoken_signal(lines: Sequence[str]) -> int:
    """Return the signal that one of the last lines names, or 0."""
    for line in (speaker_of(line)[1] for line in reversed(lines[-12:])):
        for number, pattern in _SPOKEN:
            if pattern.search(line):
                return number
    return 0
