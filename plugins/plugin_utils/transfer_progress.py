# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a transfer has come, in lines for the person who waits; not more of them than that person wants to read."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.distrain.cluster.plugins.module_utils.byte_count import in_words


class Progress:
    """Shows a line when another tenth has come and ten seconds have passed, and once a minute in any case."""

    def __init__(
        self,
        host_name: str,
        total: int,
        show: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.done = 0
        self._host_name = host_name
        self._total = total
        self._show = show
        self._clock = clock
        self._started = self._shown_at = clock()
        self._shown_done = 0

    def add(self, count: int) -> None:
        self.done += count
        silent_for = self._clock() - self._shown_at
        if silent_for >= 60 or (silent_for >= 10 and self.done - self._shown_done >= self._total / 10):
            self.show_line()

    def show_line(self, remark: str = "") -> None:
        elapsed = max(self._clock() - self._started, 0.001)
        total = f" of about {in_words(self._total)}" if self._total > self.done else ""
        self._show(f"{self._host_name}: {in_words(self.done)}{total} sent, {in_words(self.done / elapsed)}/s{remark}")
        self._shown_at, self._shown_done = self._clock(), self.done
