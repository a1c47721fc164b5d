# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the exceptions in a rank's output, each with the lines that belong to it and the chain that it is part of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# The prefixes of torch and torchrun (the rank), ray (the process) and others (a time).
_PREFIX = re.compile(
    r"^(?:\[(?:rank|default)(\d+)\]:\s?|\(\w+ pid=(\d+)[^)]*\) |(?:stderr|stdout): "
    r"|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S* (?:- [\w.-]+ - [A-Z]+ - )?)"
)
_TIME = re.compile(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d")
_TIME_ALONE = re.compile(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*$")
# A data loader repeats the traceback of its worker.
_TRACEBACK = re.compile(r"^[\s|+]*(Original )?Traceback \(most recent call last\):")
_DURING = re.compile(r"^(During handling of the above|The above exception was)")
_CPP_EXCEPTION = re.compile(r"^\s*what\(\):\s*(?P<text>.+)")
# An exception whose traceback is not in the output: its class begins the line.
_BARE = re.compile(
    r"^(?:[A-Za-z_][\w]*\.)*(?:[A-Z]\w*(?:Error|Exception|Interrupt|Failure)|Exception|StopIteration)(?:: \S|:?$)"
)
# Lines that never continue a message: a C++ frame, a log line, a progress bar, a training step.
_FOREIGN = re.compile(
    r"^(#\d+|frame #\d+|Exception raised from|terminate called|\[?[EWIF]\d{4} |\[[EWIF]\b|\d{4}-\d\d-\d\d|\{['\"]"
    r"|\[\d{4}-|\S+:\d+:\d+ \[\d+\] |.*\d+%\|)"
)
# A rank that trains on has survived the exceptions before. One such line may be printed late.
_STEPS_AFTER = 2
_GOES_ON = re.compile(r"^\{'(loss|train_loss|eval_loss)'|\biteration\s+\d+/\s*\d+ \||\bhas made step \d+")
_MOST_DETAILS = 8


@dataclass(frozen=True)
class Raised:
    """One exception: its line, the lines that belong to it, and the rank or process that printed it, if known.

    ``chain`` is the same for exceptions that were raised from, or while handling, each other; ``number`` is that of the
    line.
    """

    text: str
    details: tuple[str, ...] = ()
    process: str = ""
    chain: int = 0
    number: int = 0

    @property
    def whole(self) -> str:
        return " ".join((self.text, *self.details))


@dataclass
class _Parser:
    """Collects the exceptions that one process has printed in ``found``."""

    process: str
    found: list[Raised]
    inside: bool = False
    chain: int = 0
    number: int = 0
    is_linked: bool = False
    # Whether the exception's line has a time in front: then the lines that belong to it have one too.
    has_time: bool = False
    text: str = ""
    details: list[str] | None = None
    blanks: int = 0

    def read(self, text: str, number: int) -> None:
        cpp = _CPP_EXCEPTION.match(text)
        if _DURING.match(text):
            self.close()
            self.is_linked = True
        elif _TRACEBACK.match(text):
            self.close()
            self.is_linked = self.is_linked or "Original" in text
            self.inside = True
        elif cpp:
            self._open(cpp["text"], number)
        elif self.inside and text and not text[0].isspace() and text.strip("^~ "):
            self.inside = False
            self._open(text, number)
        elif not self.inside and _BARE.match(text):
            self._open(text, number)
        elif not self.inside and self.details is not None:
            self._add(text, self.details)

    def close(self) -> None:
        if self.details is not None:
            self.found.append(Raised(self.text, tuple(self.details), self.process, self.chain, self.number))
        self.details = None

    def _open(self, text: str, number: int) -> None:
        self.close()
        if not self.is_linked:
            self.chain = number + 1
        self.is_linked, self.number = False, number
        self.text, self.details, self.blanks = text.strip(), [], 0

    def _add(self, text: str, details: list[str]) -> None:
        self.blanks += not text.strip()
        if _FOREIGN.match(text) or len(details) >= _MOST_DETAILS or self.blanks > 1:
            self.close()
        elif text.strip():
            details.append(text.strip())


def split_prefix(line: str) -> tuple[str, str]:
    """Return the rank or process in a line's prefix, or an empty string, and the line without its prefixes."""
    process = ""
    while named := _PREFIX.match(line):
        process, line = named[1] or named[2] or process, line[named.end() :]
    return process, line


def raised(lines: Sequence[str]) -> list[Raised]:
    """Return the exceptions in the order of their lines, without those after which the rank trained on."""
    found: list[Raised] = []
    parsers: dict[str, _Parser] = {}
    steps: list[int] = []
    for number, line in enumerate(lines):
        process, text = split_prefix(line)
        if _TIME_ALONE.match(text):
            continue
        parser = parsers.setdefault(process, _Parser(process, found))
        is_step, has_time = bool(_GOES_ON.search(text)), bool(_TIME.match(line))
        steps += [number] if is_step else []
        if has_time and not parser.has_time:
            parser.close()
        if not (is_step and parser.inside):
            parser.read(text, number)
        parser.has_time = has_time if parser.number == number else parser.has_time
    for parser in parsers.values():
        parser.close()
    survived = steps[-_STEPS_AFTER] if len(steps) >= _STEPS_AFTER else -1
    return sorted((one for one in found if one.number > survived), key=lambda one: one.number)
