# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what a rule for a rank's output is, and what its words may name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class JobContext:
    """What the sentences name: the image, the port, the names of the trainers (the first one's first), and the memory.

    ``ipc`` and ``shm_size`` are trainer_launch_ipc and trainer_launch_shm_size; ``shm_bytes`` is how large /dev/shm is
    for the container, or None where that is not known.
    """

    image: str = ""
    port: int = 0
    names: Sequence[str] = ()
    ipc: str = "host"
    shm_size: str = ""
    shm_bytes: int | None = None


@dataclass(frozen=True)
class LogCause:
    """``sentence`` goes on behind a colon; ``advice`` is a sentence of its own.

    ``retryable`` says whether starting the job again may well help; ``of_network`` that another rank, which is gone,
    would explain it as well; ``said`` is the line that it was read from.
    """

    kind: str
    sentence: str
    advice: str
    retryable: bool = False
    of_network: bool = False
    said: str = ""


@dataclass(frozen=True)
class Rule:
    """A kind of cause, and the pattern by which an exception tells it.

    ``anywhere`` is a pattern that tells it in any line, of a rank that still runs as well. ``explains`` is one for
    exceptions of which such a line is the reason.
    """

    kind: str
    pattern: re.Pattern[str]
    words: Callable[[str, JobContext], tuple[str, str]]
    retryable: bool = False
    of_network: bool = False
    anywhere: re.Pattern[str] | None = None
    explains: re.Pattern[str] | None = None

    def cause(self, line: str, context: JobContext) -> LogCause:
        """Return what the line tells by this rule."""
        sentence, advice = self.words(line, context)
        return LogCause(self.kind, sentence, advice, self.retryable, self.of_network, line)


def pattern(text: str) -> re.Pattern[str]:
    """Return the pattern, which does not tell capital letters from small ones."""
    return re.compile(text, re.IGNORECASE)


def fixed(sentence: str, advice: str) -> Callable[[str, JobContext], tuple[str, str]]:
    """Return a function that always returns these words."""
    return lambda _line, _context: (sentence, advice)


def first(text: str, line: str) -> str:
    """Return the first group of the pattern that is not empty, or an empty string."""
    found = re.search(text, line, re.IGNORECASE)
    return next((group for group in found.groups() if group), "") if found else ""
