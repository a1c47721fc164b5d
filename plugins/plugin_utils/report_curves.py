# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: from what was seen of the ranks to the curves of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.report_chart import Chart, Point, Series, draw
from ansible_collections.distrain.cluster.plugins.plugin_utils.report_timeline import step_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.report_values import number, records, seconds, text
from ansible_collections.distrain.cluster.plugins.plugin_utils.report_words import rank_name

GIB = 1024**3

Looks = Sequence[dict[str, Any]]
Logs = Mapping[str, Sequence[dict[str, Any]]]


def curves(looks: Looks, logs: Logs, began: float, end: float, marks: Sequence[tuple[float, str]]) -> list[Chart]:
    """Loss, throughput, and how busy each rank was; what nobody wrote down is left out."""
    drawn = [
        _loss(looks, logs, began, end, marks),
        _throughput(looks, logs, began, end, marks),
        _first(looks, began, end, marks, (("GPU busy", "gpu_percent"), ("CPU busy", "cpu_percent")), "%", 1),
        _first(looks, began, end, marks, (("GPU memory", "gpu_memory_bytes"), ("Memory", "memory_bytes")), "GiB", GIB),
    ]
    return [chart for chart in drawn if chart]


def looks_of(logs: Logs) -> list[dict[str, Any]]:
    """What the trainers wrote down in the form of looks, for where nobody looked."""
    fields = {"step": "current_steps", "total": "total_steps", "loss": "loss"}
    entries = [one for written in logs.values() for one in written]
    return [{"ranks": [{name: one.get(field) for name, field in fields.items()}]} for one in entries]


def _loss(looks: Looks, logs: Logs, began: float, end: float, marks: Sequence[tuple[float, str]]) -> Chart | None:
    seen = _by_rank(looks, began, "loss")
    written = {host: _written_losses(entries, _offset(looks, entries, began)) for host, entries in logs.items()}
    series = [Series(name, _longer(points, written.get(host, []))) for (host, name), points in seen.items()]
    missing = [host for host in written if host not in {known for known, _name in seen}]
    series += [Series(host, written[host]) for host in missing if written[host]]
    return draw("Loss", "", series, end - began, marks)


def _throughput(looks: Looks, logs: Logs, began: float, end: float, marks: Sequence[tuple[float, str]]) -> Chart | None:
    samples = _by_rank(looks, began, "samples_per_second")
    if samples:
        series = [Series(name, points) for (_rank, name), points in samples.items()]
        return draw("Throughput", "samples/s", series, end - began, marks)
    steps = {name: _rates(points) for (_rank, name), points in _by_rank(looks, began, "step").items()}
    steps = steps or {host: _rates(_written_steps(entries)) for host, entries in logs.items()}
    series = [Series(name, points) for name, points in steps.items()]
    return draw("Throughput", "steps/min", series, end - began, marks, "The trainer wrote down no samples.")


def _first(
    looks: Looks,
    began: float,
    end: float,
    marks: Sequence[tuple[float, str]],
    fields: Sequence[tuple[str, str]],
    unit: str,
    size: float,
) -> Chart | None:
    """The first of the fields that anybody knew."""
    for title, field in fields:
        found = _by_rank(looks, began, field)
        series = [Series(name, [(at, value / size) for at, value in points]) for (_rank, name), points in found.items()]
        chart = draw(title, unit, series, end - began, marks)
        if chart:
            return chart
    return None


def _by_rank(looks: Looks, began: float, field: str) -> dict[tuple[str, str], list[Point]]:
    """The points of one field, by host and the name of the rank, in the order of the ranks."""
    found: dict[tuple[float, str, str], list[Point]] = {}
    for look in looks:
        at = number(look.get("at"))
        for one in records(look.get("ranks")):
            value, rank = number(one.get(field)), number(one.get("rank"))
            if at is not None and value is not None:
                host = text(one.get("host"))
                key = (rank if rank is not None else float("inf"), host, rank_name(host, rank))
                found.setdefault(key, []).append((at - began, value))
    return {(host, name): points for (_rank, host, name), points in sorted(found.items())}


def _written_losses(entries: Sequence[dict[str, Any]], offset: float | None) -> list[Point]:
    if offset is None:
        return []
    return _points(entries, "loss", offset)


def _written_steps(entries: Sequence[dict[str, Any]]) -> list[Point]:
    return _points(entries, "current_steps", 0)


def _points(entries: Sequence[dict[str, Any]], field: str, offset: float) -> list[Point]:
    pairs = [(seconds(one.get("elapsed_time")), number(one.get(field))) for one in entries]
    return [(at + offset, value) for at, value in pairs if at is not None and value is not None]


def _offset(looks: Looks, entries: Sequence[dict[str, Any]], began: float) -> float | None:
    """When the trainer's own clock started, told from the first step that was seen; unknown after a restart."""
    times = [at for at in (seconds(one.get("elapsed_time")) for one in entries) if at is not None]
    if times != sorted(times):
        return None
    steps = {number(one.get("current_steps")): seconds(one.get("elapsed_time")) for one in entries}
    for look in looks:
        at, written = number(look.get("at")), steps.get(step_of(look))
        if at is not None and written is not None:
            return max(0.0, at - began - written)
    return 0.0


def _longer(seen: list[Point], written: list[Point]) -> list[Point]:
    return written if len(written) > len(seen) else seen


def _rates(points: Sequence[Point]) -> list[Point]:
    """Steps a minute, between two moments at which the step differs. Trainers write whole seconds."""
    found: list[Point] = []
    last: Point | None = None
    for at, step in points:
        if last is None or step < last[1]:
            last = (at, step)
        elif step > last[1] and at > last[0]:
            found.append((at, (step - last[1]) / (at - last[0]) * 60))
            last = (at, step)
    return found
