# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file of JSON lines that is thinned to half of its largest size when it reaches that.

The first and the newest lines are kept. Of those between, one is kept for each interval of time, which is doubled
until they fit, so that old lines stay spread evenly over the whole time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

# Shares of the largest size: the first lines, the newest ones, and those between.
_FIRST_SHARE, _NEWEST_SHARE, _MIDDLE_SHARE = 1 / 16, 3 / 16, 1 / 4
_SHORTEST_INTERVAL = 5.0


@dataclass(frozen=True)
class StoredLine:
    """One line: offset and size in bytes, its time, and the state that is kept where it changes."""

    offset: int
    size: int
    at: float
    state: Any = None


class BoundedLines:
    """A file of mode 0600; without a path nothing is written.

    ``state_of`` returns the state of an entry, whose changes are kept where possible; ``begins`` returns the time
    before which lines are dropped first, and is called when the file is thinned.
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
        # The lines of the file, so that it need not be read to be thinned; empty after another process wrote to it.
        self._lines: list[StoredLine] = []

    def append(self, entry: Mapping[str, Any]) -> None:
        """Append one entry, and thin the file where it is too large. Raise ValueError where it is no valid JSON."""
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
        end = self._lines[-1].offset + self._lines[-1].size if self._lines else 0
        if end != line.offset:
            self._lines = []
        elif self._lines and self._lines[-1].state == line.state:
            # Share one object to save memory.
            line = replace(line, state=self._lines[-1].state)
        if self._lines or line.offset == 0:
            self._lines.append(line)

    def _thin(self, path: Path) -> None:
        """Replace the file atomically by a smaller one."""
        unfinished, begins = path.with_name(f".{path.name}.{os.getpid()}"), self._begins()
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with path.open("rb") as source, os.fdopen(descriptor, "wb") as target:
                lines = self._lines or list(self._read(source))
                kept = thinned([one for one in lines if one.at >= begins] or lines, self._most_bytes)
                moved = []
                for line in kept:
                    source.seek(line.offset)
                    moved.append(replace(line, offset=target.tell()))
                    target.write(source.read(line.size))
            unfinished.replace(path)
            self._lines = moved
        finally:
            unfinished.unlink(missing_ok=True)

    def _read(self, source: BinaryIO) -> Iterator[StoredLine]:
        """Yield the lines, without those that a crash has cut."""
        offset = 0
        for raw in source:
            try:
                entry = json.loads(raw)
                yield StoredLine(offset, len(raw), float(entry["at"]), self._state_of(entry))
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
                pass
            offset += len(raw)


def thinned(lines: Sequence[StoredLine], most_bytes: int) -> list[StoredLine]:
    """Return the lines to keep, about half of ``most_bytes`` at most; the last one is always among them."""
    if not lines:
        return []
    first = _count_within(lines[:-1], most_bytes * _FIRST_SHARE)
    newest = max(1, _count_within(lines[first:][::-1], most_bytes * _NEWEST_SHARE))
    end = len(lines) - newest
    return [*lines[:first], *_middle(lines[first:end], most_bytes * _MIDDLE_SHARE), *lines[end:]]


def _middle(lines: Sequence[StoredLine], most_bytes: float) -> list[StoredLine]:
    """Return one line for each interval and, where they fit, each with another state than the one before it."""
    longest = 2 * (max((line.at for line in lines), default=0) - min((line.at for line in lines), default=0)) + 1
    for keeps_states in (True, False):
        interval = _SHORTEST_INTERVAL
        while interval < 2 * longest:
            pairs = zip(lines, [None, *lines], strict=False)
            kept = [line for line, before in pairs if _is_kept(line, before, interval, keeps_states)]
            if sum(line.size for line in kept) <= most_bytes:
                return kept
            interval *= 2
    return []


def _is_kept(line: StoredLine, before: StoredLine | None, interval: float, keeps_states: bool) -> bool:
    if before is None or line.at // interval != before.at // interval:
        return True
    return keeps_states and line.state != before.state


def _count_within(lines: Sequence[StoredLine], most_bytes: float) -> int:
    """Return how many of the first lines fit into this size."""
    total = 0
    for number, line in enumerate(lines):
        total += line.size
        if total > most_bytes:
            return number
    return len(lines)
