# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines that a run shows, and when one is due: whoever reads them must not have to wonder whether it still runs."""

from __future__ import annotations

import time
from collections.abc import Callable

# With what an event takes to come, no two lines are ten seconds apart.
LINE_SECONDS = 8.0


class Lines:
    """Shows lines, and knows how long ago the last one was."""

    def __init__(self, show: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._show = show
        self._clock = clock
        self._at = clock()

    def __call__(self, line: str) -> None:
        self._at = self._clock()
        self._show(line)

    def due_in(self) -> float:
        """Return after how many seconds a line is due, 0 where it is due now."""
        return max(self._at + LINE_SECONDS - self._clock(), 0.0)
