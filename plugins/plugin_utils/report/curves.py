# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Draw the curves of a job, by the observations of its ranks and the logs of their trainers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .chart import Chart, Point, Series, draw, draw_over_steps
from .moments import TrainerLog, reported_at
from .run import Entries, Span
from .values import number, records, seconds, text
from .words import rank_name

GIB = 1024**3
# Observations that cover less than this share of the log do not show the whole job.
FOLLOWED = 0.5
NO_TIMES = "By step, since the times of the steps are not recorded."


@dataclass(frozen=True)
class RunData:
    """The data of a run; ``marks`` are seconds since its start, and texts."""

    observations: Entries
    logs: Mapping[str, TrainerLog]
    span: Span
    marks: Sequence[tuple[float, str]] = field(default_factory=tuple)
    samples_per_step: float | None = None


def curves(data: RunData) -> list[Chart]:
    """Return the charts of loss, throughput and resource usage for which there are values."""
    drawn = [
        _loss(data),
        _throughput(data),
        _use(data, (("GPU busy", "gpu_percent"), ("CPU busy", "cpu_percent")), "%", 1),
        _use(data, (("GPU memory", "gpu_memory_bytes"), ("Memory", "memory_bytes")), "GiB", GIB),
    ]
    return [chart for chart in drawn if chart]


def observations_of(logs: Mapping[str, TrainerLog]) -> list[dict[str, Any]]:
    """Return the entries of the trainers' logs in the form of observations, for a job without any."""
    fields = {"step": "current_steps", "total": "total_steps", "loss": "loss"}
    entries = [one for log in logs.values() for one in log.entries]
    return [{"ranks": [{name: one.get(field) for name, field in fields.items()}]} for one in entries]


def _loss(data: RunData) -> Chart | None:
    seen = _by_rank(data, "loss")
    written = {host: _written(log, "loss") for host, log in data.logs.items()}
    steps = {host: _over_steps(log.entries, "loss") for host, log in data.logs.items()}
    if _is_better_over_steps(data, steps, written):
        series = [Series(name, points) for name, points in _named(seen, steps).items()]
        return draw_over_steps("Loss", "", series, NO_TIMES)
    return _draw(data, "Loss", "", _joined(seen, written, _longer))


def _throughput(data: RunData) -> Chart | None:
    """Draw the first unit that has a line, or else a point."""
    units = (
        ("tokens/s", _by_rank(data, "tokens_per_second"), "total_tokens", 1.0, ""),
        ("samples/s", _by_rank(data, "samples_per_second"), "current_steps", data.samples_per_step, ""),
        ("steps/min", _seen_rates(data), "current_steps", 60.0, "The trainer logs no samples."),
    )
    drawn: list[tuple[int, Chart]] = []
    for unit, seen, counted, size, note in units:
        written = {host: _rates(_written(log, counted), size) for host, log in data.logs.items() if size}
        series = _joined(seen, written, _covering)
        chart = _draw(data, "Throughput", unit, series, note)
        if chart:
            drawn.append((max(len(one.points) for one in series), chart))
    return next((chart for most, chart in drawn if most > 1), drawn[0][1] if drawn else None)


def _use(data: RunData, fields: Sequence[tuple[str, str]], unit: str, size: float) -> Chart | None:
    """Draw the first field that has values."""
    for title, name in fields:
        found = _by_rank(data, name, is_reported=False)
        series = [Series(rank, [(at, value / size) for at, value in points]) for (_host, rank), points in found.items()]
        chart = _draw(data, title, unit, series)
        if chart:
            return chart
    return None


def _draw(data: RunData, title: str, unit: str, series: Sequence[Series], note: str = "") -> Chart | None:
    return draw(title, unit, series, data.span.end - data.span.began, data.marks, note)


Ranks = dict[tuple[str, str], list[Point]]
Choose = Callable[[list[Point], list[Point]], list[Point]]


def _by_rank(data: RunData, name: str, is_reported: bool = True) -> Ranks:
    """Return the points of a field, by host and name of the rank, in the order of the ranks.

    A value that the rank printed has the time of its output, a measured value that of the observation.
    """
    found: dict[tuple[float, str, str], list[Point]] = {}
    for observation in data.observations:
        for one in records(observation.get("ranks")):
            at = reported_at(observation, one) if is_reported else number(observation.get("at"))
            value, rank = number(one.get(name)), number(one.get("rank"))
            if at is not None and value is not None and one.get("state") != "unseen":
                host = text(one.get("host"))
                key = (rank if rank is not None else float("inf"), host, rank_name(host, rank))
                found.setdefault(key, []).append((at - data.span.began, value))
    return {(host, name): points for (_rank, host, name), points in sorted(found.items())}


def _joined(seen: Ranks, written: Mapping[str, list[Point]], choose: Choose) -> list[Series]:
    """Return one series for each rank, by its observations or its log, then the hosts without observations."""
    series = [Series(name, choose(points, written.get(host, []))) for (host, name), points in seen.items()]
    hosts = {host for host, _name in seen}
    return series + [Series(host, points) for host, points in written.items() if host not in hosts and points]


def _named(seen: Ranks, steps: Mapping[str, list[Point]]) -> dict[str, list[Point]]:
    names = dict(seen.keys())
    return {names.get(host, host): points for host, points in steps.items()}


def _longer(seen: list[Point], written: list[Point]) -> list[Point]:
    return written if len(written) > len(seen) else seen


def _covering(seen: list[Point], written: list[Point]) -> list[Point]:
    """Return the observations, whose times are exact, where they cover most of the time, else the log."""
    return seen if _width(seen) >= FOLLOWED * _width(written) else written


def _width(points: Sequence[Point]) -> float:
    return max((at for at, _value in points), default=0.0) - min((at for at, _value in points), default=0.0)


def _is_better_over_steps(data: RunData, steps: Mapping[str, list[Point]], written: Mapping[str, list[Point]]) -> bool:
    """Whether a log has no known time, and the observations cover less than half of its steps."""
    undated = [_width(points) for host, points in steps.items() if points and not written[host]]
    return bool(undated) and _width(_seen_steps(data)) < FOLLOWED * max(undated)


def _seen_steps(data: RunData) -> list[Point]:
    return [(step, step) for points in _by_rank(data, "step").values() for _at, step in points]


def _seen_rates(data: RunData) -> Ranks:
    return {key: _rates(points, 60.0) for key, points in _by_rank(data, "step").items()}


def _written(log: TrainerLog, name: str) -> list[Point]:
    """Return the points since the job's start; none where the log has no known time."""
    if log.offset is None:
        return []
    pairs = [(seconds(one.get("elapsed_time")), number(one.get(name))) for one in log.entries]
    return [(at + log.offset, value) for at, value in pairs if at is not None and value is not None]


def _over_steps(entries: Entries, name: str) -> list[Point]:
    """Return the points by step; the last one counts of a step that was repeated."""
    return sorted(dict(_steps(entries, name)).items())


def _steps(entries: Entries, name: str) -> Iterator[Point]:
    for one in entries:
        step, value = number(one.get("current_steps")), number(one.get(name))
        if step is not None and value is not None:
            yield step, value


def _rates(points: Sequence[Point], size: float) -> list[Point]:
    """Return how fast a count grows between two changes of it, since trainers log whole seconds."""
    found: list[Point] = []
    last: Point | None = None
    for at, count in points:
        if last is None or count < last[1]:
            last = (at, count)
        elif count > last[1] and at > last[0]:
            found.append((at, (count - last[1]) / (at - last[0]) * size))
            last = (at, count)
    return found
