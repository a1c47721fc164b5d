# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a process that is stuck in a call which knows no limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LOOK_SECONDS = 0.2


class Watchdog:
    """Calls ``bark`` with what is being done when it has lasted too long."""

    def __init__(self, bark: Callable[[str], None], seconds: float) -> None:
        """Everything together takes no longer than ``seconds``."""
        self._bark = bark
        self._end = time.monotonic() + seconds
        self.phase, self._deadline = "the start", self._end
        threading.Thread(target=self._watch, daemon=True).start()

    def expect(self, phase: str, seconds: float) -> None:
        """``phase`` begins now, and takes no longer than that."""
        self.phase, self._deadline = phase, min(self._end, time.monotonic() + seconds)

    def _watch(self) -> None:
        while time.monotonic() < self._deadline:
            time.sleep(LOOK_SECONDS)
        self._bark(f"{self.phase} did not end in time")
