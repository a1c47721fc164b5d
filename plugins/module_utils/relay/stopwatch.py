# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long each part of a transfer kept a thread of this host, by which one sees what limits it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Sums seconds by the name of the part; each name belongs to one thread at a time."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._seconds: Counter[str] = Counter()

    @contextmanager
    def running(self, part: str) -> Iterator[None]:
        start = self._clock()
        try:
            yield
        finally:
            self._seconds[part] += self._clock() - start  # type: ignore[assignment]

    def seconds(self) -> dict[str, float]:
        return {part: round(seconds, 3) for part, seconds in self._seconds.items()}
