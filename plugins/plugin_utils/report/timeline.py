# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Divide the time of a job into phases, by its observations and events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .chart import Tick, time_ticks
from .run import restarts_of
from .values import number, records
from .words import duration

STARTING = "starting"
TRAINING = "training"
STALLED = "stalled"
FINISHING = "finishing"
WORDS = {
    STARTING: "Starting: until the first step",
    TRAINING: "Training",
    STALLED: "Stalled: after the last step, until the restart",
    FINISHING: "Finishing: after the last step",
}


@dataclass(frozen=True)
class Phase:
    """``at`` and ``share`` are per cent of the whole time."""

    kind: str
    name: str
    seconds: float
    at: float
    share: float
    took: str
    percent: str


@dataclass(frozen=True)
class PhaseTotal:
    kind: str
    name: str
    took: str
    percent: str


@dataclass(frozen=True)
class Timeline:
    phases: Sequence[Phase]
    sums: Sequence[PhaseTotal]
    ticks: Sequence[Tick]
    summary: str


def timeline(
    began: float, end: float, observations: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]
) -> Timeline:
    """Return phases that fill the time from ``began`` to ``end``, in seconds since the epoch, without a gap."""
    starts = [began, *sorted({at for at in restarts_of(events) if began < at < end})]
    spans = [one for pair in zip(starts, [*starts[1:], end], strict=True) for one in _attempt(*pair, end, observations)]
    whole = end - began
    phases = [_phase(kind, since, until, began, whole) for kind, since, until in spans if until > since]
    sums = [one for one in (_sum(kind, phases, whole) for kind in WORDS) if one]
    totals = "; ".join(f"{one.name.partition(':')[0]} {one.took}, {one.percent}" for one in sums)
    return Timeline(phases, sums, time_ticks(whole), f"The run of {duration(whole)}: {totals}.")


def step_of(observation: dict[str, Any]) -> float | None:
    """Return the highest step of all ranks, or None."""
    steps = [number(one.get("step")) for one in records(observation.get("ranks"))]
    return max((one for one in steps if one is not None), default=None)


def _attempt(
    since: float, until: float, end: float, observations: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, float, float]]:
    """Yield the phases of one attempt: kind, start and end."""
    times = list(_step_times(since, until, observations))
    if not times:
        yield STARTING, since, until
        return
    yield STARTING, since, times[0]
    yield TRAINING, times[0], times[-1]
    yield (FINISHING if until == end else STALLED), times[-1], until


def _step_times(since: float, until: float, observations: Sequence[dict[str, Any]]) -> Iterator[float]:
    """Yield the times at which the step had changed."""
    latest: float | None = None
    for observation in observations:
        at, step = number(observation.get("at")), step_of(observation)
        if at is None or step is None or not since <= at <= until or step == latest:
            continue
        latest = step
        yield at


def _phase(kind: str, since: float, until: float, began: float, whole: float) -> Phase:
    share = (until - since) / whole * 100
    took, at = duration(until - since), round((since - began) / whole * 100, 2)
    return Phase(kind, WORDS[kind], until - since, at, round(share, 2), took, _percent(share))


def _sum(kind: str, phases: Sequence[Phase], whole: float) -> PhaseTotal | None:
    total = sum(one.seconds for one in phases if one.kind == kind)
    return PhaseTotal(kind, WORDS[kind], duration(total), _percent(total / whole * 100)) if total else None


def _percent(share: float) -> str:
    return f"{share:.0f} %" if share >= 1 else "< 1 %"
