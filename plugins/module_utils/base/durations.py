# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Durations as trainers print them, as a terminal shows them, and in words."""

from __future__ import annotations

import re
from typing import Any

# As Python's timedelta and tqdm write it, and as ms-swift does.
_CLOCK = re.compile(r"(?:(\d{1,6}) days?, )?(?:(\d{1,6}):)?(\d{1,6}):(\d{1,6})(?:\.\d{1,9})?")
_IN_UNITS = re.compile(r"(?:\d{1,9}(?:\.\d+)?[dhms]\s*)+")
_PART = re.compile(r"(\d{1,9})(?:\.\d+)?([dhms])")
_UNIT_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def seconds_of(duration: Any) -> float | None:
    """Return the whole seconds of a text such as C(0:00:41), C(00:41), C(1 day, 0:00:41) or C(4m 10s), else None."""
    text = duration.strip() if isinstance(duration, str) else ""
    clock = _CLOCK.fullmatch(text)
    if clock:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    if _IN_UNITS.fullmatch(text):
        return float(sum(int(count) * _UNIT_SECONDS[unit] for count, unit in _PART.findall(text)))
    return None


def clock_time(seconds: float) -> str:
    """Return C(00:41) for 41, and C(2:01:05) for 7265."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def in_words(seconds: float) -> str:
    """Return the duration in its two largest units, such as C(2 h 05 min) for 7500."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min"
    return f"{hours // 24} d {hours % 24:02} h"
