# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: where the minutes of a job went, told from what was seen of it and from its events."""

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
STANDING = "standing"
FINISHING = "finishing"
WORDS = {
    STARTING: "Starting: until the first step",
    TRAINING: "Training",
    STANDING: "Standing still: after the last step, until the restart",
    FINISHING: "Finishing: after the last step",
}


@dataclass(frozen=True)
class Phase:
    """``at`` and ``share`` are per cent of the whole."""

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


def timeline(began: float, end: float, looks: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> Timeline:
    """The phases fill the time from the beginning to the end without a gap."""
    starts = [began, *sorted({at for at in restarts_of(events) if began < at < end})]
    spans = [one for pair in zip(starts, [*starts[1:], end], strict=True) for one in _attempt(*pair, end, looks)]
    whole = end - began
    phases = [_phase(kind, since, until, began, whole) for kind, since, until in spans if until > since]
    sums = [one for one in (_sum(kind, phases, whole) for kind in WORDS) if one]
    spoken = "; ".join(f"{one.name.partition(':')[0]} {one.took}, {one.percent}" for one in sums)
    return Timeline(phases, sums, time_ticks(whole), f"The run of {duration(whole)}: {spoken}.")


def step_of(look: dict[str, Any]) -> float | None:
    """How far the rank is that is farthest."""
    steps = [number(one.get("step")) for one in records(look.get("ranks"))]
    return max((one for one in steps if one is not None), default=None)


def _attempt(
    since: float, until: float, end: float, looks: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, float, float]]:
    """One attempt, from its start to the restart of the next one or to the end."""
    moves = list(_moves(since, until, looks))
    if not moves:
        yield STARTING, since, until
        return
    yield STARTING, since, moves[0]
    yield TRAINING, moves[0], moves[-1]
    yield (FINISHING if until == end else STANDING), moves[-1], until


def _moves(since: float, until: float, looks: Sequence[dict[str, Any]]) -> Iterator[float]:
    """When a step was seen that had not been seen before."""
    latest: float | None = None
    for look in looks:
        at, step = number(look.get("at")), step_of(look)
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
