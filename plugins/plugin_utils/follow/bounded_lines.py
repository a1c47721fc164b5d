# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file of lines of JSON that grows to a bound, and is then thinned to half of it.

The first lines and the newest ones stay as they are. Of those between, one stays for each span of time; each time that
the bound is met, the span is doubled until they fit, so that what is old stays spread evenly over the whole time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

# Of the bound: what the first lines and the newest ones have, which are kept as they are, and what lies between.
_FIRST_SHARE, _NEWEST_SHARE, _MIDDLE_SHARE = 1 / 16, 3 / 16, 1 / 4
_SMALLEST_SPAN = 5.0


@dataclass(frozen=True)
class StoredLine:
    """One line of the file: its place and size in bytes, its time, and what must differ between two for it to stay."""

    place: int
    size: int
    at: float
    state: Any = None


class BoundedLines:
    """A file that only its owner may read; nothing is kept without a path.

    ``state_of`` gives what of an entry should be kept where it changes, whatever its time; ``begins`` from when on
    lines are wanted, which is asked for only when the file is thinned.
    """

    def __init__(
        self,
        path: str | None,
        most_bytes: int,
        state_of: Callable[[Mapping[str, Any]], Any],
        begins: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._path = Path(path) if path else None
        self._most_bytes = most_bytes
        self._state_of = state_of
        self._begins = begins
        # The lines of the file, as long as nobody else writes it; so that it is not read again to be thinned.
        self._lines: list[StoredLine] = []

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one entry, and thin the file where it has become larger than its bound. It has to be valid JSON."""
        if not self._path:
            return
        text = json.dumps(entry, allow_nan=False).encode() + b"\n"
        self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
            stream.flush()
            size = os.fstat(stream.fileno()).st_size
        self._remember(StoredLine(size - len(text), len(text), float(entry["at"]), self._state_of(entry)))
        if size > self._most_bytes:
            self._thin(self._path)

    def _remember(self, line: StoredLine) -> None:
        end = self._lines[-1].place + self._lines[-1].size if self._lines else 0
        if end != line.place:
            self._lines = []
        elif self._lines and self._lines[-1].state == line.state:
            # One object for all of them.
            line = replace(line, state=self._lines[-1].state)
        if self._lines or line.place == 0:
            self._lines.append(line)

    def _thin(self, path: Path) -> None:
        """Put a smaller file in its place, at once; who reads it then has one of the two as a whole."""
        unfinished, begins = path.with_name(f".{path.name}.{os.getpid()}"), self._begins()
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with path.open("rb") as source, os.fdopen(descriptor, "wb") as target:
                lines = self._lines or list(self._read(source))
                kept = thinned([one for one in lines if one.at >= begins] or lines, self._most_bytes)
                placed = []
                for line in kept:
                    source.seek(line.place)
                    placed.append(replace(line, place=target.tell()))
                    target.write(source.read(line.size))
            unfinished.replace(path)
            self._lines = placed
        finally:
            unfinished.unlink(missing_ok=True)

    def _read(self, source: BinaryIO) -> Iterator[StoredLine]:
        """Those that can be read; a line that was cut by a crash is left out."""
        place = 0
        for raw in source:
            try:
                entry = json.loads(raw)
                yield StoredLine(place, len(raw), float(entry["at"]), self._state_of(entry))
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
                pass
            place += len(raw)


def thinned(lines: Sequence[StoredLine], most_bytes: int) -> list[StoredLine]:
    """Return those that stay, about half of ``most_bytes`` at most, in their order; the last one stays in any case."""
    if not lines:
        return []
    first = _count_within(lines[:-1], most_bytes * _FIRST_SHARE)
    newest = max(1, _count_within(lines[first:][::-1], most_bytes * _NEWEST_SHARE))
    end = len(lines) - newest
    return [*lines[:first], *_middle(lines[first:end], most_bytes * _MIDDLE_SHARE), *lines[end:]]


def _middle(lines: Sequence[StoredLine], most_bytes: float) -> list[StoredLine]:
    """One for each span, and where they fit also each of another state than the one before."""
    longest = 2 * (max((line.at for line in lines), default=0) - min((line.at for line in lines), default=0)) + 1
    for keeps_states in (True, False):
        span = _SMALLEST_SPAN
        while span < 2 * longest:
            pairs = zip(lines, [None, *lines], strict=False)
            kept = [line for line, before in pairs if _stays(line, before, span, keeps_states)]
            if sum(line.size for line in kept) <= most_bytes:
                return kept
            span *= 2
    return []


def _stays(line: StoredLine, before: StoredLine | None, span: float, keeps_states: bool) -> bool:
    if before is None or line.at // span != before.at // span:
        return True
    return keeps_states and line.state != before.state


def _count_within(lines: Sequence[StoredLine], most_bytes: float) -> int:
    """How many of the first ones have no more bytes than these."""
    total = 0
    for number, line in enumerate(lines):
        total += line.size
        if total > most_bytes:
            return number
    return len(lines)
