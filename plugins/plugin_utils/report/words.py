# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Format numbers, times and digests for the report."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import in_words

from .values import number

UNKNOWN = "\N{EN DASH}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
LAST_SECOND = 253_402_300_799  # of the year 9999


def duration(seconds: float | None) -> str:
    """Return the duration in words, or a dash for None."""
    return UNKNOWN if seconds is None else in_words(seconds)


def moment(at: float | None) -> str:
    """Return a time, in seconds since the epoch, as UTC."""
    if at is None or not 0 <= at <= LAST_SECOND:
        return UNKNOWN
    return datetime.fromtimestamp(at, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def figure(value: Any, digits: int = 3) -> str:
    """Return a number with about ``digits`` significant digits, or a dash."""
    found = number(value)
    if not found:
        return UNKNOWN if found is None else "0"
    if abs(found) >= 10**7 or abs(found) < 10**-3:
        return f"{found:.{digits - 1}e}"
    before = len(str(int(abs(found)))) if abs(found) >= 1 else 0
    shown = f"{found:,.{max(0, digits - before)}f}"
    return shown.replace(",", NARROW_SPACE)


def count(value: Any) -> str:
    """Return a whole number, or a dash."""
    found = number(value)
    return UNKNOWN if found is None else f"{found:,.0f}".replace(",", NARROW_SPACE)


def short_digest(value: str) -> str:
    """Return the first twelve digits, as Docker shows an ID."""
    return value.removeprefix("sha256:")[:12]


def plural(many: int, one: str) -> str:
    """Return the number with the noun in its singular or plural."""
    return f"{many} {one}" if many == 1 else f"{many} {one}s"


def rank_name(host: str, rank: float | None) -> str:
    """Return a text such as C(gpu-01, rank 0)."""
    return ", ".join(word for word in (host, f"rank {rank:.0f}" if rank is not None else "") if word)
