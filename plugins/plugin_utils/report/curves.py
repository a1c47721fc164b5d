# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: from what was seen of the ranks and what their trainers wrote down to the curves of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .chart import Chart, Point, Series, draw, draw_over_steps
from .moments import TrainerLog, said_at
from .run import Entries, Span
from .values import number, records, seconds, text
from .words import rank_name

GIB = 1024**3
# Who saw less than this of what was written down did not follow the job.
FOLLOWED = 0.5
NO_TIMES = "Over steps: when they were made was not written down."


@dataclass(frozen=True)
class RunData:
    """All that is known of a run; ``marks`` are seconds since its begin, and words."""

    looks: Entries
    logs: Mapping[str, TrainerLog]
    span: Span
    marks: Sequence[tuple[float, str]] = field(default_factory=tuple)
    samples_per_step: float | None = None


def curves(known: RunData) -> list[Chart]:
    """Loss, throughput, and how busy each rank was; what nobody wrote down is left out."""
    drawn = [
        _loss(known),
        _throughput(known),
        _use(known, (("GPU busy", "gpu_percent"), ("CPU busy", "cpu_percent")), "%", 1),
        _use(known, (("GPU memory", "gpu_memory_bytes"), ("Memory", "memory_bytes")), "GiB", GIB),
    ]
    return [chart for chart in drawn if chart]


def looks_of(logs: Mapping[str, TrainerLog]) -> list[dict[str, Any]]:
    """What the trainers wrote down in the form of looks, for where nobody looked."""
    fields = {"step": "current_steps", "total": "total_steps", "loss": "loss"}
    entries = [one for log in logs.values() for one in log.entries]
    return [{"ranks": [{name: one.get(field) for name, field in fields.items()}]} for one in entries]


def _loss(known: RunData) -> Chart | None:
    seen = _by_rank(known, "loss")
    written = {host: _written(log, "loss") for host, log in known.logs.items()}
    steps = {host: _over_steps(log.entries, "loss") for host, log in known.logs.items()}
    if _is_better_over_steps(known, steps, written):
        series = [Series(name, points) for name, points in _named(seen, steps).items()]
        return draw_over_steps("Loss", "", series, NO_TIMES)
    return _draw(known, "Loss", "", _joined(seen, written, _longer))


def _throughput(known: RunData) -> Chart | None:
    """In the first unit of which there is a line, else in the first of which there is a point."""
    units = (
        ("tokens/s", _by_rank(known, "tokens_per_second"), "total_tokens", 1.0, ""),
        ("samples/s", _by_rank(known, "samples_per_second"), "current_steps", known.samples_per_step, ""),
        ("steps/min", _seen_rates(known), "current_steps", 60.0, "The trainer wrote down no samples."),
    )
    drawn: list[tuple[int, Chart]] = []
    for unit, seen, counted, size, note in units:
        written = {host: _rates(_written(log, counted), size) for host, log in known.logs.items() if size}
        series = _joined(seen, written, _covering)
        chart = _draw(known, "Throughput", unit, series, note)
        if chart:
            drawn.append((max(len(one.points) for one in series), chart))
    return next((chart for most, chart in drawn if most > 1), drawn[0][1] if drawn else None)


def _use(known: RunData, fields: Sequence[tuple[str, str]], unit: str, size: float) -> Chart | None:
    """The first of the fields that anybody knew."""
    for title, name in fields:
        found = _by_rank(known, name, is_said=False)
        series = [Series(rank, [(at, value / size) for at, value in points]) for (_host, rank), points in found.items()]
        chart = _draw(known, title, unit, series)
        if chart:
            return chart
    return None


def _draw(known: RunData, title: str, unit: str, series: Sequence[Series], note: str = "") -> Chart | None:
    return draw(title, unit, series, known.span.end - known.span.began, known.marks, note)


Ranks = dict[tuple[str, str], list[Point]]
Choose = Callable[[list[Point], list[Point]], list[Point]]


def _by_rank(known: RunData, name: str, is_said: bool = True) -> Ranks:
    """The points of one field, by host and the name of the rank, in the order of the ranks.

    What a rank said stands where it said it, what was measured of it where that was done.
    """
    found: dict[tuple[float, str, str], list[Point]] = {}
    for look in known.looks:
        for one in records(look.get("ranks")):
            at = said_at(look, one) if is_said else number(look.get("at"))
            value, rank = number(one.get(name)), number(one.get("rank"))
            if at is not None and value is not None and one.get("state") != "unseen":
                host = text(one.get("host"))
                key = (rank if rank is not None else float("inf"), host, rank_name(host, rank))
                found.setdefault(key, []).append((at - known.span.began, value))
    return {(host, name): points for (_rank, host, name), points in sorted(found.items())}


def _joined(seen: Ranks, written: Mapping[str, list[Point]], choose: Choose) -> list[Series]:
    """Of each rank what was seen or what was written down; then the hosts that nobody saw."""
    series = [Series(name, choose(points, written.get(host, []))) for (host, name), points in seen.items()]
    hosts = {host for host, _name in seen}
    return series + [Series(host, points) for host, points in written.items() if host not in hosts and points]


def _named(seen: Ranks, steps: Mapping[str, list[Point]]) -> dict[str, list[Point]]:
    names = dict(seen.keys())
    return {names.get(host, host): points for host, points in steps.items()}


def _longer(seen: list[Point], written: list[Point]) -> list[Point]:
    return written if len(written) > len(seen) else seen


def _covering(seen: list[Point], written: list[Point]) -> list[Point]:
    """What was seen has no gaps of whole seconds, and is taken where it is of most of the time."""
    return seen if _width(seen) >= FOLLOWED * _width(written) else written


def _width(points: Sequence[Point]) -> float:
    return max((at for at, _value in points), default=0.0) - min((at for at, _value in points), default=0.0)


def _is_better_over_steps(known: RunData, steps: Mapping[str, list[Point]], written: Mapping[str, list[Point]]) -> bool:
    """Where a log cannot be placed in time, and whoever looked saw less than half of its steps."""
    unplaced = [_width(points) for host, points in steps.items() if points and not written[host]]
    return bool(unplaced) and _width(_seen_steps(known)) < FOLLOWED * max(unplaced)


def _seen_steps(known: RunData) -> list[Point]:
    return [(step, step) for points in _by_rank(known, "step").values() for _at, step in points]


def _seen_rates(known: RunData) -> Ranks:
    return {key: _rates(points, 60.0) for key, points in _by_rank(known, "step").items()}


def _written(log: TrainerLog, name: str) -> list[Point]:
    """From the job's begin on; none where they have no place there."""
    if log.offset is None:
        return []
    pairs = [(seconds(one.get("elapsed_time")), number(one.get(name))) for one in log.entries]
    return [(at + log.offset, value) for at, value in pairs if at is not None and value is not None]


def _over_steps(entries: Entries, name: str) -> list[Point]:
    """By the step; of one that was made again, the last time."""
    return sorted(dict(_steps(entries, name)).items())


def _steps(entries: Entries, name: str) -> Iterator[Point]:
    for one in entries:
        step, value = number(one.get("current_steps")), number(one.get(name))
        if step is not None and value is not None:
            yield step, value


def _rates(points: Sequence[Point], size: float) -> list[Point]:
    """How fast a count grows, between two moments at which it differs. Trainers write whole seconds."""
    found: list[Point] = []
    last: Point | None = None
    for at, count in points:
        if last is None or count < last[1]:
            last = (at, count)
        elif count > last[1] and at > last[0]:
            found.append((at, (count - last[1]) / (at - last[0]) * size))
            last = (at, count)
    return found
