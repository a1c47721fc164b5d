# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A source that gives out no more than so many bytes a second, to all that receive from it together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import IO, cast

from .server import ItemSource

# A host that receives is told that there is nothing yet at least as often.
_LONGEST_WAIT = 0.5


class Pace:
    """Says how long to wait; what was not used is not saved up."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``rate`` is in bytes a second."""
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait_for(self) -> float:
        """Return after how many seconds something may be given out."""
        with self._lock:
            return max(0.0, self._free_at - self._clock())

    def spend(self, count: int) -> None:
        """Count bytes that were given out."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock()) + count / self._rate


class PacedSource:
    """Items of another source, at a pace."""

    def __init__(self, source: ItemSource, rate: int) -> None:
        self._source = source
        self._pace = Pace(rate)

    def open_item(self, item: int, timeout: float) -> tuple[int, IO[bytes]] | None:
        opened = self._source.open_item(item, timeout)
        return opened and (opened[0], cast("IO[bytes]", PacedFile(opened[1], self._pace)))


class PacedFile:
    """A file object; reading gives None while nothing may be given out."""

    def __init__(self, file: IO[bytes], pace: Pace) -> None:
        self._file = file
        self._pace = pace

    def __enter__(self) -> PacedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.__exit__(None, None, None)

    def seek(self, offset: int) -> None:
        self._file.seek(offset)

    def read(self, count: int) -> bytes | None:
        wait = self._pace.wait_for()
        if wait:
            time.sleep(min(wait, _LONGEST_WAIT))
            if wait > _LONGEST_WAIT:
                return None
        data = self._file.read(count)
        self._pace.spend(len(data or b""))
        return data
