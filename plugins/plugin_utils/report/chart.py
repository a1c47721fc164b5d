# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lay out the lines, ticks and marks of a chart.

Horizontal positions are shares of the width, so that a chart fits any screen; vertical ones are in pixels.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .words import count, figure

WIDTH = 1000
HEIGHT = 140
MOST_POINTS = 400
# More lines than this cannot be distinguished: then the median, the lowest and the highest stand for all.
MOST_LINES = 6
TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
MOST_TIME_TICKS = 5
SMALLEST_SPAN = 1e-12
HEADROOM = 0.04

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """The values of a rank; a point is a time in seconds since the job's start, or a step, and a value."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class ChartLine:
    """A drawn series; it has several ``paths`` where values are missing for long."""

    name: str
    style: int
    paths: Sequence[str]
    last: str
    lowest: str
    highest: str


@dataclass(frozen=True)
class Tick:
    """A label at per cent of the width, or at pixels from the top."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    title: str
    unit: str
    lines: Sequence[ChartLine]
    across: Sequence[Tick]
    down: Sequence[Tick]
    marks: Sequence[Tick]
    summary: str
    note: str = ""
    others: Sequence[str] = field(default_factory=tuple)


def draw(
    title: str, unit: str, series: Sequence[Series], end: float, marks: Sequence[tuple[float, str]] = (), note: str = ""
) -> Chart | None:
    """Return a chart over ``end`` seconds, or None where no series has a point."""
    return _draw(title, unit, series, end, time_ticks(end) if end > 0 else [], max(60.0, end / 40), marks, note)


def draw_over_steps(title: str, unit: str, series: Sequence[Series], note: str = "") -> Chart | None:
    """Return a chart over steps, or None where no series has a point; its lines have no gaps."""
    end = max((at for one in series for at, _value in one.points), default=0)
    return _draw(title, unit, series, end, step_ticks(end) if end > 0 else [], math.inf, (), note)


def _draw(
    title: str,
    unit: str,
    series: Sequence[Series],
    end: float,
    across: Sequence[Tick],
    gap: float,
    marks: Sequence[tuple[float, str]],
    note: str,
) -> Chart | None:
    known = [one for one in series if one.points]
    if not known or end <= 0:
        return None
    low, high, step = _scale([value for one in known for _at, value in one.points])
    named, others = _choose(known)
    lines = [_line(one, style, end, (low, high), gap) for style, one in enumerate(named)]
    return Chart(
        title=title,
        unit=unit,
        lines=lines,
        across=across,
        down=list(_value_ticks(low, high, step)),
        marks=[Tick(_share(at, end), label) for at, label in marks if 0 <= at <= end],
        summary=_summary(title, unit, known),
        note=note,
        others=[path for one in others for path in _paths(one.points, end, (low, high), gap)],
    )


def time_ticks(end: float) -> list[Tick]:
    """Return the ticks of an axis of ``end`` seconds."""
    step = next((one for one in TIME_STEPS if end / one <= MOST_TIME_TICKS), None)
    step = step or math.ceil(end / MOST_TIME_TICKS / TIME_STEPS[-1]) * TIME_STEPS[-1]
    size, unit = next((one for one in ((86400, "d"), (3600, "h"), (60, "min")) if step >= one[0]), (1, "s"))
    return [Tick(_share(at, end), f"{at / size:g} {unit}" if at else "0") for at in range(0, math.floor(end) + 1, step)]


def step_ticks(end: float) -> list[Tick]:
    """Return the ticks of an axis of ``end`` steps."""
    step = max(1, math.ceil(_round_up(end / MOST_TIME_TICKS)))
    return [Tick(_share(at, end), count(at)) for at in range(0, math.floor(end) + 1, step)]


def thin(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Return at most ``most`` of the points, with every peak and dip."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(len(points) * 2 / most)
    kept: list[Point] = []
    for start in range(0, len(points), size):
        some = points[start : start + size]
        ends = {min(some, key=lambda one: one[1]), max(some, key=lambda one: one[1])}
        kept += sorted(ends)
    return kept


def _choose(series: Sequence[Series]) -> tuple[list[Series], list[Series]]:
    """Return the series to name, which are all or the median and the extremes, and the others."""
    if len(series) <= MOST_LINES:
        return list(series), []
    ordered = sorted(series, key=_median)
    named = [ordered[len(ordered) // 2], ordered[0], ordered[-1]]
    names = ("in the middle", "lowest", "highest")
    labelled = [Series(f"{one.name} ({word})", one.points) for one, word in zip(named, names, strict=True)]
    return labelled, [one for one in ordered[1:-1] if one is not named[0]]


def _median(one: Series) -> float:
    return statistics.median(value for _at, value in one.points)


def _line(one: Series, style: int, end: float, bounds: tuple[float, float], gap: float) -> ChartLine:
    values = [value for _at, value in one.points]
    return ChartLine(
        name=one.name,
        style=style,
        paths=_paths(one.points, end, bounds, gap),
        last=figure(values[-1]),
        lowest=figure(min(values)),
        highest=figure(max(values)),
    )


def _paths(points: Sequence[Point], end: float, bounds: tuple[float, float], gap: float) -> list[str]:
    """Return one path for each piece without a gap; a single point becomes a short dash."""
    pieces: list[list[Point]] = []
    for point in thin(sorted(points, key=lambda point: point[0])):
        if not pieces or point[0] - pieces[-1][-1][0] > gap:
            pieces.append([])
        pieces[-1].append(point)
    return [_path(piece, end, bounds) for piece in pieces]


def _path(piece: Sequence[Point], end: float, bounds: tuple[float, float]) -> str:
    places = [(_share(at, end) * WIDTH / 100, _from_top(value, *bounds)) for at, value in piece]
    start = f"M{places[0][0]:.1f} {places[0][1]:.1f}"
    if len(places) == 1:
        return f"{start}h4"
    return start + "".join(f"L{across:.1f} {down:.1f}" for across, down in places[1:])


def _share(at: float, end: float) -> float:
    return round(min(1.0, max(0.0, at / end)) * 100, 2)


def _from_top(value: float, low: float, high: float) -> float:
    return (high - value) / (high - low) * HEIGHT


def _scale(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the lowest and highest value, from 0 where all are above it, and the distance of two ticks."""
    low, high = min(0.0, *values), max(values)
    high = low + 1 if high - low < SMALLEST_SPAN else high + (high - low) * HEADROOM
    step = _round_up((high - low) / 3)
    first = math.floor(low / step)
    return first * step, high, step


def _round_up(rough: float) -> float:
    """Return the next number of the form 1, 2, 2.5 or 5 times a power of ten."""
    size = 10.0 ** math.floor(math.log10(rough))
    return next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough)


def _value_ticks(low: float, high: float, step: float) -> Iterator[Tick]:
    digits = next((many for many in range(5) if abs(step * 10**many - round(step * 10**many)) < 1e-6), None)
    for number in range(math.floor((high - low) / step + 1e-9) + 1):
        value = low + number * step
        shown = f"{value:.3g}" if digits is None or step >= 1e6 or step < 1e-4 else f"{value:.{digits}f}"
        yield Tick(round(_from_top(value, low, high), 1), shown)


def _summary(title: str, unit: str, series: Sequence[Series]) -> str:
    """Describe the chart for a screen reader."""
    first = [one.points[0][1] for one in series]
    last = [one.points[-1][1] for one in series]
    many = "1 rank" if len(series) == 1 else f"{len(series)} ranks"
    return f"{title} of {many}{f', {unit}' if unit else ''}: first {_span(first)}, last {_span(last)}."


def _span(values: Sequence[float]) -> str:
    low, high = figure(min(values, default=None)), figure(max(values, default=None))
    return low if low == high else f"{low} to {high}"
