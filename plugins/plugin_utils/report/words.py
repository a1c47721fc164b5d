# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: numbers, times and digests as the report shows them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import in_words

from .values import number

UNKNOWN = "\N{EN DASH}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
LAST_SECOND = 253_402_300_799  # of the year 9999


def duration(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else in_words(seconds)


def moment(at: float | None) -> str:
    """A time in UTC, for whoever reads the page elsewhere."""
    if at is None or not 0 <= at <= LAST_SECOND:
        return UNKNOWN
    return datetime.fromtimestamp(at, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def figure(value: Any, digits: int = 3) -> str:
    """With about as many digits as count."""
    found = number(value)
    if not found:
        return UNKNOWN if found is None else "0"
    if abs(found) >= 10**7 or abs(found) < 10**-3:
        return f"{found:.{digits - 1}e}"
    before = len(str(int(abs(found)))) if abs(found) >= 1 else 0
    shown = f"{found:,.{max(0, digits - before)}f}"
    return shown.replace(",", NARROW_SPACE)


def count(value: Any) -> str:
    found = number(value)
    return UNKNOWN if found is None else f"{found:,.0f}".replace(",", NARROW_SPACE)


def short_digest(value: str) -> str:
    """The first twelve figures, as Docker shows an ID."""
    return value.removeprefix("sha256:")[:12]


def plural(many: int, one: str) -> str:
    return f"{many} {one}" if many == 1 else f"{many} {one}s"


def rank_name(host: str, rank: float | None) -> str:
    return ", ".join(word for word in (host, f"rank {rank:.0f}" if rank is not None else "") if word)
