# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bounded waiting. The clock and the sleep are passed in, so that tests take no time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from .errors import TimedOut

State = TypeVar("State")


def wait_until(
    observe: Callable[[], State],
    is_reached: Callable[[State], bool],
    describe: Callable[[State], str],
    timeout: float,
    interval: float = 0.5,
) -> State:
    """Observe every ``interval`` seconds until ``is_reached``; return the state that reached it.

    Observes at least once, and once more at the deadline.
    Raises TimedOut with ``describe(last state)`` after ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        state = observe()
        if is_reached(state):
            return state
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimedOut(f"Gave up after {timeout:g} s: {describe(state)}")
        time.sleep(min(interval, remaining))
