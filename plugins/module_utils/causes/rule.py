# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rule that recognizes a cause in a rank's output."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class JobContext:
    """What messages name of the job: the image, the port, the trainers' containers (rank 0 first), the memory.

    ``ipc`` and ``shm_size`` are trainer_launch_ipc and trainer_launch_shm_size; ``shm_bytes`` is the size of the
    container's /dev/shm, or None where it is unknown.
    """

    image: str = ""
    port: int = 0
    names: Sequence[str] = ()
    ipc: str = "host"
    shm_size: str = ""
    shm_bytes: int | None = None


@dataclass(frozen=True)
class LogCause:
    """``sentence`` follows a colon; ``advice`` is a sentence of its own.

    ``retryable`` is whether a restart of the job is likely to help; ``of_network`` whether the end of another rank
    would explain it as well; ``line`` is the line that was recognized.
    """

    kind: str
    sentence: str
    advice: str
    retryable: bool = False
    of_network: bool = False
    line: str = ""


@dataclass(frozen=True)
class Rule:
    """A kind of cause, and the pattern of the exceptions that show it.

    ``anywhere`` is a pattern for any line, also that of a running rank. ``explains`` is one for exceptions that such a
    line explains.
    """

    kind: str
    pattern: re.Pattern[str]
    words: Callable[[str, JobContext], tuple[str, str]]
    retryable: bool = False
    of_network: bool = False
    anywhere: re.Pattern[str] | None = None
    explains: re.Pattern[str] | None = None

    def cause(self, line: str, context: JobContext) -> LogCause:
        """Return the cause that the line shows."""
        sentence, advice = self.words(line, context)
        return LogCause(self.kind, sentence, advice, self.retryable, self.of_network, line)


def pattern(text: str) -> re.Pattern[str]:
    """Return the pattern, which ignores case."""
    return re.compile(text, re.IGNORECASE)


def fixed(sentence: str, advice: str) -> Callable[[str, JobContext], tuple[str, str]]:
    """Return a function that always returns this sentence and advice."""
    return lambda _line, _context: (sentence, advice)


def first(text: str, line: str) -> str:
    """Return the first group of the pattern that is not empty in its first match, or an empty string."""
    found = re.search(text, line, re.IGNORECASE)
    return next((group for group in found.groups() if group), "") if found else ""
