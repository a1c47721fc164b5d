# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: when that which a trainer wrote down happened.

A trainer tells the seconds since it began to train; when that was is told by who saw its steps, and by the job's end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .run import Entries, Span
from .values import number, records, seconds

# Trainers write whole seconds, and clocks differ.
SLACK_SECONDS = 30


@dataclass(frozen=True)
class TrainerLog:
    """What one trainer wrote down, and how long after the job's begin its clock began; None where nobody can tell."""

    entries: Entries
    offset: float | None


def said_at(look: dict[str, Any], rank: dict[str, Any]) -> float | None:
    """When the rank said what was seen of it: what was read long after the end did not happen then."""
    at = number(look.get("at"))
    return None if at is None else at - max(0.0, number(rank.get("silent_seconds")) or 0.0)


def place(logs: Mapping[str, Entries], looks: Entries, span: Span) -> dict[str, TrainerLog]:
    """By host. What an earlier run left is not among them: its steps would have been made before this one began."""
    said = _first_said(looks, span)
    bounds = {host: list(_bounds(entries, said, span)) for host, entries in logs.items()}
    return {
        host: TrainerLog(entries, _offset(entries, bounds[host], span))
        for host, entries in logs.items()
        if min(bounds[host], default=0.0) >= -SLACK_SECONDS
    }


def placed_looks(logs: Mapping[str, TrainerLog], span: Span) -> list[dict[str, Any]]:
    """The steps that were written down in the form of looks, for when nobody looked."""
    return [
        {"at": span.began + log.offset + at, "ranks": [{"host": host, "step": one.get("current_steps")}]}
        for host, log in logs.items()
        if log.offset is not None
        for one in log.entries
        if (at := seconds(one.get("elapsed_time"))) is not None
    ]


def _offset(entries: Entries, bounds: Sequence[float], span: Span) -> float | None:
    if not _times(entries) or not _is_of_one_clock(entries):
        return None
    earliest = span.since - span.began
    latest = min(bounds, default=earliest)
    return max(earliest, latest) if latest >= earliest - SLACK_SECONDS else None


def _bounds(entries: Entries, said: Mapping[float, float], span: Span) -> Iterator[float]:
    """When the trainer's clock began at the latest: no step was made after it was seen, nor after the job's end."""
    times = _times(entries)
    if not times or not _is_of_one_clock(entries):
        return
    yield span.end - span.began - times[-1]
    for one in entries:
        step, elapsed = number(one.get("current_steps")), seconds(one.get("elapsed_time"))
        if step is not None and step in said and elapsed is not None:
            yield said[step] - span.began - elapsed


def _first_said(looks: Entries, span: Span) -> dict[float, float]:
    """When each step of the last attempt was seen first, on whichever rank."""
    found: dict[float, float] = {}
    for look in looks:
        for rank in records(look.get("ranks")):
            at, step = said_at(look, rank), number(rank.get("step"))
            if at is not None and step is not None and at >= span.since:
                found[step] = min(at, found.get(step, at))
    return found


def _is_of_one_clock(entries: Entries) -> bool:
    """Where several attempts wrote one after the other, each had a clock of its own."""
    times = _times(entries)
    return times == sorted(times)


def _times(entries: Entries) -> list[float]:
    return [at for at in (seconds(one.get("elapsed_time")) for one in entries) if at is not None]
