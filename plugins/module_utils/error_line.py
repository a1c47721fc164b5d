# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the one line of a rank's output that says why it ended, from among all that was printed around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# What a healthy rank says when another one has gone. Such a rank is never the cause.
_CONNECTION_LOST = re.compile(
    r"connection (was )?(closed|reset|refused)|broken pipe|connectionerror|connection failure|timed out waiting"
    r"|remote process exited|ncclremoteerror|ncclsystemerror|sockettimeout|socket timeout|recvvalue failed"
    r"|collective operation timeout|distnetworkerror|rendezvous\w*error|got signal: 15|sigterm",
    re.IGNORECASE,
)
# What reads the same at its beginning, and is a rank's own fault.
_OWN_FAULT = re.compile(r"EADDRINUSE|address already in use", re.IGNORECASE)
# What torchrun prints behind the words of its processes; it tells nothing new.
_TORCHRUN_REPORT = re.compile(r"torch[./]distributed[./]elastic.*failed \(exitcode")
# torch puts the rank before each line of a traceback.
_RANK = re.compile(r"^\[rank(\d+)\]:\s?")
_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = re.compile(r"^(During handling of|The above exception was)")
_CPP_EXCEPTION = re.compile(r"^\s*what\(\):\s*(?P<said>.+)")
_SOUNDS_LIKE_ERROR = re.compile(
    r"error|fatal|exception|\bkilled\b|cannot|can't|failed|failure|abort|not found|no such|segmentation fault"
    r"|bus error|core dumped|out of memory|refused|denied",
    re.IGNORECASE,
)
_LONGEST = 300


def tells_of_lost_connection(line: str) -> bool:
    return bool(_CONNECTION_LOST.search(line)) and not _OWN_FAULT.search(line)


def own_lines(lines: Sequence[str]) -> Sequence[str]:
    """What the trainer itself printed."""
    report = next((place for place, line in enumerate(lines) if _TORCHRUN_REPORT.search(line)), len(lines))
    return lines[:report]


def error_line(lines: Sequence[str]) -> str:
    """The line that tells the cause best; empty where nothing was printed.

    An exception line stands before a line that only sounds like an error, and each of them before the last line; what
    is only told of a lost connection comes after what is not.
    """
    own = own_lines(lines)
    exceptions = exception_lines(own)
    sounding = [line for line in own if _SOUNDS_LIKE_ERROR.search(line) and not line.startswith((" ", "\t"))]
    for candidates in (_of_own(exceptions), _of_own(sounding), exceptions, sounding, own, lines):
        if candidates:
            return _cleaned(candidates[-1])
    return ""


def exception_lines(lines: Iterable[str]) -> list[str]:
    """The last line of each traceback, and what a C++ exception said; in order. Of a chain of causes all of them."""
    found: list[str] = []
    inside: set[str] = set()
    for line in lines:
        speaker, text = _speaker_of(line)
        cpp = _CPP_EXCEPTION.match(text)
        if text.startswith(_TRACEBACK):
            inside.add(speaker)
        elif cpp:
            found.append(cpp["said"])
        elif speaker in inside and text and not text[0].isspace() and not _CHAINED.match(text):
            inside.discard(speaker)
            found.append(text)
    return found


def _speaker_of(line: str) -> tuple[str, str]:
    """The rank that torch puts before a line, or nothing, and the line without it."""
    named = _RANK.match(line)
    return (named[1], line[named.end() :]) if named else ("", line)


def _of_own(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not tells_of_lost_connection(line)]


def _cleaned(line: str) -> str:
    text = _speaker_of(line)[1].strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
