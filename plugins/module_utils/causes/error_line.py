# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the exceptions at the end of a rank's output, and the line that explains its end best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .consequences import is_consequence, is_warning, is_wrapper
from .exceptions import Raised, raised, split_prefix
from .exits import first_child

# The first line of the report that torchrun, or DeepSpeed's launcher, prints after the output of its processes.
_REPORT = re.compile(r"torch[./]distributed[./]elastic.*failed \(exitcode|\[launch\.py:\d+:sigkill_handler\]")
# The exception of a process with @record in torchrun's report.
_RECORDED = re.compile(r"^\s+traceback : (?P<traceback>Traceback .*)")
_LOOKS_LIKE_ERROR = re.compile(
    r"error|fatal|exception|\bkilled\b|cannot|can't|failed|failure|abort|not found|no such|no module named"
    r"|segmentation fault|bus error|core dumped|out of memory|refused|denied",
    re.IGNORECASE,
)
_NCCL = re.compile(r"NCCL|Dist\w*Error|\bgloo\b|c10d", re.IGNORECASE)
_NCCL_WARN = re.compile(r"NCCL WARN (?P<reason>.+)")
_LAST_ERROR = re.compile(r"^Last error:\s*(?P<reason>.*)")
_LATE_LINES = 30
_LONGEST = 300


@dataclass(frozen=True)
class Ending:
    """``own`` are the lines that the trainer itself printed.

    ``faults`` are its exceptions that may be the cause, the one that explains most first; ``losses`` are exceptions
    for lost connections to other ranks.
    """

    own: Sequence[str]
    faults: Sequence[Raised]
    losses: Sequence[Raised]


def own_lines(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines that the trainer itself printed, without its launcher's report."""
    report = next((place for place, line in enumerate(lines) if _REPORT.search(line)), len(lines))
    return lines[:report]


def read_ending(lines: Sequence[str]) -> Ending:
    """Return the exceptions with which the rank ended, those of the process that failed first where it is known."""
    own = own_lines(lines)
    found = [_with_warning(one, own) for one in raised(own) or raised(_recorded(lines))]
    faults = [one for one in found if not _is_loss(one) and not is_wrapper(one.text)]
    losses = [one for one in found if _is_loss(one)]
    return Ending(own, _of_one_chain(faults, first_child(lines).rank), losses)


def error_line(lines: Sequence[str]) -> str:
    """Return the line that explains the end best, empty without output.

    An exception is preferred to a line that looks like an error, and that to the last line; lines on a lost connection
    come after others.
    """
    rest = [*own_lines(lines)[-1:], *lines[-1:]]
    return best_line(lines) or (cleaned(rest[0]) if rest else "")


def best_line(lines: Sequence[str]) -> str:
    """Return the line of an exception, or one that looks like an error; empty where there is none."""
    ending = read_ending(lines)
    similar = error_like_lines(ending.own)
    of_own = [line for line in similar if not is_consequence(line) and not is_wrapper(line)]
    candidates = (
        [quoted(one) for one in ending.faults[:1]],
        of_own[-1:],
        [quoted(one) for one in ending.losses[-1:]],
        similar[-1:],
    )
    return next((cleaned(found[0]) for found in candidates if found), "")


def quoted(exception: Raised) -> str:
    """Return the line of the exception, after the reason that follows C(Last error:), where there is one."""
    details = list(exception.details)
    for number, line in enumerate(details):
        found = _LAST_ERROR.match(line)
        reason = (found["reason"] or " ".join(details[number + 1 : number + 2])) if found else ""
        if reason:
            return f"{reason} ({exception.text})"
    return exception.text


def error_like_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines that look like an error, without those marked as a warning."""
    texts = [split_prefix(line)[1] for line in lines]
    return [
        text
        for text in texts
        if _LOOKS_LIKE_ERROR.search(text) and not text.startswith((" ", "\t", "{")) and not is_warning(text)
    ]


def shows_lost_connection(lines: Sequence[str]) -> bool:
    """Return whether one of the last lines that is no warning says that another rank is gone."""
    late = [split_prefix(line)[1] for line in own_lines(lines)[-_LATE_LINES:]]
    return any(is_consequence(line) and not is_warning(line) for line in late)


def cleaned(line: str) -> str:
    """Return the line without the rank in front of it, shortened for a message."""
    text = split_prefix(line)[1].strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _is_loss(one: Raised) -> bool:
    return is_consequence(one.whole if _NCCL.search(one.text) else one.text)


def _with_warning(one: Raised, own: Sequence[str]) -> Raised:
    """Add the reason in NCCL's last warning to an exception of NCCL that does not name it."""
    if "NCCL error" not in one.text or any(_LAST_ERROR.match(line) for line in one.details):
        return one
    reason = [found["reason"] for line in own[: one.number + 1] if (found := _NCCL_WARN.search(line))]
    if not reason:
        return one
    return Raised(one.text, (*one.details, f"Last error: {reason[-1]}"), one.process, one.chain, one.number)


def _of_one_chain(faults: Sequence[Raised], root: str) -> list[Raised]:
    """Return the last chain of the process that failed first, or printed first, with its last exception first."""
    if not faults:
        return []
    processes = [one.process for one in faults]
    process = root if root in processes else processes[0]
    of_process = [one for one in faults if one.process == process]
    return [one for one in reversed(of_process) if one.chain == of_process[-1].chain]


def _recorded(lines: Sequence[str]) -> list[str]:
    """Return the traceback in torchrun's report, without its indentation."""
    for number, line in enumerate(lines):
        found = _RECORDED.match(line)
        if found:
            return [found["traceback"], *(line.removeprefix("    ") for line in lines[number + 1 :])]
    return []
