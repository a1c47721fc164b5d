# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build the content of a job's page from the artifacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..job.reliability import reliability
from ..job.save_interval import Saving, SavingAdvice, advice
from .chart import Chart
from .choices import ReportedChoice, choices_of, planned_choices
from .curves import RunData, curves, observations_of
from .files import JobArtifacts, find, unusable
from .head import Head, job_head
from .hosts import Parity, hosts_table, image_parity
from .matrix import HeatMap, heat_map
from .moments import TrainerLog, place, placed_observations
from .network_check import NetworkCheck, network_checks
from .run import RESTARTED, Entries, Span, of_newest_run, restarts_of, span_of
from .table import Cell, Table
from .timeline import Timeline, timeline
from .values import number, record, records, seconds, text, texts
from .words import UNKNOWN, duration, moment, rank_name

# Kinds of events that the charts mark.
MARKED = ("finding", RESTARTED)
EVENT_HEADINGS = ("After", "What", "Text", "Where", "At")


@dataclass(frozen=True)
class JobPage:
    head: Head
    timeline: Timeline | None
    charts: Sequence[Chart]
    events: Table | None
    saving: str
    saving_table: Table
    hosts: Table | None
    parity: Parity
    plan: Sequence[ReportedChoice]
    matrix: HeatMap | None
    checks: Sequence[NetworkCheck]
    command: str
    settings: Sequence[Table]
    unusable: Sequence[dict[str, str]]
    version: str


def job_page(artifacts: JobArtifacts) -> JobPage:
    """Return the content of the job's page."""
    job = record(artifacts.job.content)
    observations, events = of_newest_run(job, artifacts.watch.content, artifacts.events.content)
    entries = {host: file.content for host, file in artifacts.logs.items()}
    span = span_of(job, observations, events, _longest(entries))
    logs = place(entries, observations, span)
    marks, batch = list(_marks(events, span.began)), number(record(job.get("results")).get("samples_per_step"))
    plan = choices_of(texts(job.get("plan")))
    saving = advice(_saving(job), reliability(artifacts.histories))
    took = duration(span.end - span.began) if span.end > span.began else UNKNOWN
    return JobPage(
        head=job_head(artifacts.name, job, observations or observations_of(logs), took, len(restarts_of(events))),
        timeline=_timeline(span, observations, logs, events),
        charts=curves(RunData(observations, logs, span, marks, batch)),
        events=_events(events, span.began),
        saving=saving.sentence,
        saving_table=_saving_table(saving),
        hosts=hosts_table(records(job.get("hosts"))),
        parity=image_parity(records(job.get("hosts")), record(job.get("image"))),
        plan=plan or planned_choices(find(artifacts.cluster, "preflight.json")),
        matrix=heat_map(find(artifacts.cluster, "overlay-matrix.json")),
        checks=network_checks(find(artifacts.cluster, "network-check.json")),
        command=" ".join(texts(job.get("command"))),
        settings=list(_settings(job)),
        unusable=unusable(_sources(artifacts)),
        version=text(job.get("collection_version")),
    )


def _saving(job: dict[str, Any]) -> Saving:
    """Return what the record has of the job's checkpoints and of its rate."""
    results = record(job.get("results"))
    every = number(results.get("checkpoint_every"))
    return Saving(
        seconds=number(results.get("checkpoint_seconds")),
        every=None if every is None else int(every),
        steps_per_second=number(results.get("steps_per_second")),
        hosts=len(records(job.get("hosts"))),
    )


def _saving_table(saving: SavingAdvice) -> Table:
    rows = [[Cell(name), Cell(value, "number"), Cell(note, "quiet")] for name, value, note in saving.rows]
    return Table("What it follows from", ("What", "Figure", "How"), rows, figures=("Figure",))


def _longest(logs: Mapping[str, Entries]) -> float:
    times = [seconds(one.get("elapsed_time")) or 0.0 for entries in logs.values() for one in entries]
    return max(times, default=0.0)


def _timeline(span: Span, observations: Entries, logs: Mapping[str, TrainerLog], events: Entries) -> Timeline | None:
    """Return the timeline by the observations and the trainers' logs; None without observations."""
    if not observations or span.end <= span.began:
        return None
    moves = sorted((*observations, *placed_observations(logs, span)), key=lambda one: float(one["at"]))
    return timeline(span.began, span.end, moves, events)


def _marks(events: Sequence[dict[str, Any]], began: float) -> Iterator[tuple[float, str]]:
    for one in events:
        at = number(one.get("at"))
        if at is not None and one.get("kind") in MARKED:
            yield at - began, f"{text(one.get('kind'))}: {text(one.get('text'))}"


def _events(events: Sequence[dict[str, Any]], began: float) -> Table | None:
    rows = [_event(one, number(one.get("at")) or 0.0, began) for one in events]
    return Table("Events and findings", EVENT_HEADINGS, rows, figures=("After",)) if rows else None


def _event(one: dict[str, Any], at: float, began: float) -> list[Cell]:
    return [
        Cell(duration(at - began), "number"),
        Cell(text(one.get("kind")) or UNKNOWN, "finding" if one.get("kind") == "finding" else "kind"),
        Cell(text(one.get("text")), "words"),
        Cell(rank_name(text(one.get("host")), number(one.get("rank")))),
        Cell(moment(at), "quiet"),
    ]


def _settings(job: dict[str, Any]) -> Iterator[Table]:
    """Yield tables of the job's settings, its environment, and the image's labels."""
    groups = {
        "Settings": record(job.get("settings")),
        "Environment": record(job.get("environment")),
        "Labels of the image": record(record(job.get("image")).get("labels")),
    }
    for caption, values in groups.items():
        if values:
            rows = [[Cell(name, "code"), Cell(_value(value), "code")] for name, value in sorted(values.items())]
            yield Table(caption, ("Name", "Value"), rows)


def _value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return text(value) if isinstance(value, str | int | float) else repr(value)


def _sources(artifacts: JobArtifacts) -> Iterator[Any]:
    yield from (artifacts.job, artifacts.watch, artifacts.events)
    yield from artifacts.logs.values()
    yield from artifacts.cluster.sources
