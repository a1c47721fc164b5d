# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the head of a page: what it is about, how it ended, and its most telling figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.report_values import number, record, records, text
from ansible_collections.distrain.cluster.plugins.plugin_utils.report_words import (
    UNKNOWN,
    count,
    figure,
    moment,
    plural,
)

OUTCOMES = ("succeeded", "failed", "stopped", "running")


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Head:
    """``outcome`` is one of the outcomes of a job, or unknown; ``message`` says why it ended so."""

    title: str
    subtitle: str
    outcome: str
    message: str
    figures: Sequence[Figure]


def job_head(name: str, job: dict[str, Any], looks: Sequence[dict[str, Any]], took: str, restarts: int) -> Head:
    outcome = text(job.get("outcome"))
    return Head(
        title=name,
        subtitle=text(job.get("trainer")),
        outcome=outcome if outcome in OUTCOMES else "unknown",
        message=text(job.get("message")),
        figures=list(_figures(job, looks, took, restarts)),
    )


def _figures(job: dict[str, Any], looks: Sequence[dict[str, Any]], took: str, restarts: int) -> Iterator[Figure]:
    results, hosts = record(job.get("results")), records(job.get("hosts"))
    world = number(results.get("world_size")) or sum(number(one.get("processes")) or 0 for one in hosts)
    began, launcher = number(job.get("began")), text(job.get("launcher"))
    yield Figure("Took", took, f"began {moment(began)}" if began is not None else "")
    yield Figure("World size", count(world) if world else UNKNOWN, f"on {plural(len(hosts), 'host')}" if hosts else "")
    step, total = _steps(results, looks)
    whole = "" if total is None or total == step else f" of {count(total)}"
    yield Figure("Steps", f"{count(step)}{whole}", f"in {restarts + 1} attempts" if restarts else "")
    losses = [loss for loss in (number(results.get(key)) for key in ("first_loss", "last_loss")) if loss is not None]
    losses = losses if len(losses) == 2 else _seen(looks, "loss")
    yield Figure("Loss", figure(losses[-1] if losses else None), f"first {figure(losses[0])}" if losses else "")
    yield Figure("Network", text(job.get("network")) or UNKNOWN, f"by {launcher}" if launcher else "")


def _steps(results: dict[str, Any], looks: Sequence[dict[str, Any]]) -> tuple[float | None, float | None]:
    steps, totals = _seen(looks, "step"), _seen(looks, "total")
    done = number(results.get("steps"))
    return (done if done is not None else max(steps, default=None)), max(totals, default=None)


def _seen(looks: Sequence[dict[str, Any]], field: str) -> list[float]:
    found = [number(one.get(field)) for look in looks for one in records(look.get("ranks"))]
    return [one for one in found if one is not None]
