# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Place the entries of a trainer's log in time.

A trainer logs the seconds since it began to train. When that was follows from the times at which its steps were
observed, and from the job's end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .run import Entries, Span
from .values import number, records, seconds

# Trainers log whole seconds, and clocks differ.
SLACK_SECONDS = 30


@dataclass(frozen=True)
class TrainerLog:
    """The log of one trainer; ``offset`` is the seconds from the job's start to that of its clock, or None."""

    entries: Entries
    offset: float | None


def reported_at(observation: dict[str, Any], rank: dict[str, Any]) -> float | None:
    """Return when the rank printed what was observed, in seconds since the epoch, or None."""
    at = number(observation.get("at"))
    return None if at is None else at - max(0.0, number(rank.get("silent_seconds")) or 0.0)


def place(logs: Mapping[str, Entries], observations: Entries, span: Span) -> dict[str, TrainerLog]:
    """Return the logs by host, without those of an earlier run, whose steps would precede the start of this one."""
    observed = _first_observed(observations, span)
    bounds = {host: list(_bounds(entries, observed, span)) for host, entries in logs.items()}
    return {
        host: TrainerLog(entries, _offset(entries, bounds[host], span))
        for host, entries in logs.items()
        if min(bounds[host], default=0.0) >= -SLACK_SECONDS
    }


def placed_observations(logs: Mapping[str, TrainerLog], span: Span) -> list[dict[str, Any]]:
    """Return the logged steps in the form of observations."""
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


def _bounds(entries: Entries, observed: Mapping[float, float], span: Span) -> Iterator[float]:
    """Yield upper bounds of the offset: no step was made after it was observed, nor after the job's end."""
    times = _times(entries)
    if not times or not _is_of_one_clock(entries):
        return
    yield span.end - span.began - times[-1]
    for one in entries:
        step, elapsed = number(one.get("current_steps")), seconds(one.get("elapsed_time"))
        if step is not None and step in observed and elapsed is not None:
            yield observed[step] - span.began - elapsed


def _first_observed(observations: Entries, span: Span) -> dict[float, float]:
    """Return when each step of the last attempt was first observed, on any rank."""
    found: dict[float, float] = {}
    for observation in observations:
        for rank in records(observation.get("ranks")):
            at, step = reported_at(observation, rank), number(rank.get("step"))
            if at is not None and step is not None and at >= span.since:
                found[step] = min(at, found.get(step, at))
    return found


def _is_of_one_clock(entries: Entries) -> bool:
    """Whether the log is that of one attempt: each has a clock of its own."""
    times = _times(entries)
    return times == sorted(times)


def _times(entries: Entries) -> list[float]:
    return [at for at in (seconds(one.get("elapsed_time")) for one in entries) if at is not None]
