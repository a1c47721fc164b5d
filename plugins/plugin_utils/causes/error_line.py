# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what a rank's output says at its end, and the one line of it that says best why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .consequences import is_consequence, is_warning, is_wrapper
from .exceptions import Raised, raised, speaker_of
from .exits import first_child

# What torchrun prints behind the words of its processes, and DeepSpeed's launcher; it tells nothing new.
_REPORT = re.compile(r"torch[./]distributed[./]elastic.*failed \(exitcode|\[launch\.py:\d+:sigkill_handler\]")
# In the report of torchrun, the exception of a process that records it.
_RECORDED = re.compile(r"^\s+traceback : (?P<traceback>Traceback .*)")
_SOUNDS_LIKE_ERROR = re.compile(
    r"error|fatal|exception|\bkilled\b|cannot|can't|failed|failure|abort|not found|no such|no module named"
    r"|segmentation fault|bus error|core dumped|out of memory|refused|denied",
    re.IGNORECASE,
)
_NCCL = re.compile(r"NCCL|Dist\w*Error|\bgloo\b|c10d", re.IGNORECASE)
_NCCL_WARN = re.compile(r"NCCL WARN (?P<said>.+)")
_LAST_ERROR = re.compile(r"^Last error:\s*(?P<said>.*)")
_LATE_LINES = 30
_LONGEST = 300


@dataclass(frozen=True)
class Ending:
    """``own`` is what the trainer itself printed.

    ``faults`` are its own exceptions that count, the one that tells most first, and ``losses`` the exceptions that only
    say that others are gone.
    """

    own: Sequence[str]
    faults: Sequence[Raised]
    losses: Sequence[Raised]


def own_lines(lines: Sequence[str]) -> Sequence[str]:
    """Return what the trainer itself printed, without the report of its launcher."""
    report = next((place for place, line in enumerate(lines) if _REPORT.search(line)), len(lines))
    return lines[:report]


def read_ending(lines: Sequence[str]) -> Ending:
    """Return the exceptions with which the rank ended; those of the process that failed first, where that is known."""
    own = own_lines(lines)
    found = [_with_warning(one, own) for one in raised(own) or raised(_recorded(lines))]
    faults = [one for one in found if not _is_loss(one) and not is_wrapper(one.text)]
    losses = [one for one in found if _is_loss(one)]
    return Ending(own, _of_one_chain(faults, first_child(lines).rank), losses)


def error_line(lines: Sequence[str]) -> str:
    """Return the line that tells the cause best; empty where nothing was printed.

    An exception stands before a line that only sounds like an error, and each of them before the last line; what is
    only told of a lost connection comes after what is not.
    """
    rest = [*own_lines(lines)[-1:], *lines[-1:]]
    return telling_line(lines) or (cleaned(rest[0]) if rest else "")


def telling_line(lines: Sequence[str]) -> str:
    """Return the line of an exception, or one that sounds like an error; empty where there is none."""
    ending = read_ending(lines)
    sounding = sounding_lines(ending.own)
    of_own = [line for line in sounding if not is_consequence(line) and not is_wrapper(line)]
    candidates = (
        [quoted(one) for one in ending.faults[:1]],
        of_own[-1:],
        [quoted(one) for one in ending.losses[-1:]],
        sounding[-1:],
    )
    return next((cleaned(found[0]) for found in candidates if found), "")


def quoted(exception: Raised) -> str:
    """Return the line of the exception; where one stands after C(Last error:), that one, which is the reason, first."""
    details = list(exception.details)
    for number, line in enumerate(details):
        found = _LAST_ERROR.match(line)
        reason = (found["said"] or " ".join(details[number + 1 : number + 2])) if found else ""
        if reason:
            return f"{reason} ({exception.text})"
    return exception.text


def sounding_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines that sound like an error, without those that are marked as a warning."""
    texts = [speaker_of(line)[1] for line in lines]
    return [
        text
        for text in texts
        if _SOUNDS_LIKE_ERROR.search(text) and not text.startswith((" ", "\t", "{")) and not is_warning(text)
    ]


def tells_of_lost_connection(lines: Sequence[str]) -> bool:
    """Return whether any of the last lines, if it is no warning, only says that another rank is gone."""
    late = [speaker_of(line)[1] for line in own_lines(lines)[-_LATE_LINES:]]
    return any(is_consequence(line) and not is_warning(line) for line in late)


def cleaned(line: str) -> str:
    """Return the line without the rank before it, and no longer than a message can bear."""
    text = speaker_of(line)[1].strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _is_loss(one: Raised) -> bool:
    return is_consequence(one.whole if _NCCL.search(one.text) else one.text)


def _with_warning(one: Raised, own: Sequence[str]) -> Raised:
    """Where NCCL keeps the reason to itself, it has written it into a warning before."""
    if "NCCL error" not in one.text or any(_LAST_ERROR.match(line) for line in one.details):
        return one
    said = [found["said"] for line in own[: one.number + 1] if (found := _NCCL_WARN.search(line))]
    if not said:
        return one
    return Raised(one.text, (*one.details, f"Last error: {said[-1]}"), one.speaker, one.chain, one.number)


def _of_one_chain(faults: Sequence[Raised], root: str) -> list[Raised]:
    """Those of one chain, the last first: of the process that failed first, or of the first to print, its last one."""
    if not faults:
        return []
    speakers = [one.speaker for one in faults]
    speaker = root if root in speakers else speakers[0]
    of_speaker = [one for one in faults if one.speaker == speaker]
    return [one for one in reversed(of_speaker) if one.chain == of_speaker[-1].chain]


def _recorded(lines: Sequence[str]) -> list[str]:
    """The traceback in the report of torchrun, without the indentation."""
    for number, line in enumerate(lines):
        found = _RECORDED.match(line)
        if found:
            return [found["traceback"], *(line.removeprefix("    ") for line in lines[number + 1 :])]
    return []
