# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The head of a page: its subject, the outcome, and the most important figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .values import number, record, records, text, texts
from .words import UNKNOWN, count, figure, moment, plural

OUTCOMES = ("succeeded", "failed", "stopped", "running")


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Head:
    """``outcome`` is that of a job, or unknown; ``message`` is the reason; ``warnings`` are sentences."""

    title: str
    subtitle: str
    outcome: str
    message: str
    figures: Sequence[Figure]
    warnings: Sequence[str] = ()


def job_head(name: str, job: dict[str, Any], observations: Sequence[dict[str, Any]], took: str, restarts: int) -> Head:
    """Return the head of a job's page."""
    outcome = text(job.get("outcome"))
    return Head(
        title=name,
        subtitle=text(job.get("trainer")),
        outcome=outcome if outcome in OUTCOMES else "unknown",
        message=text(job.get("message")),
        figures=list(_figures(job, observations, took, restarts)),
        warnings=[*filter(None, texts(job.get("warnings"))), *_restart_note(job)],
    )


def _restart_note(job: dict[str, Any]) -> list[str]:
    """Return a note on a failed job's restarts; those that were made are shown with the steps."""
    note = text(record(job.get("restarts")).get("note")) if text(job.get("outcome")) == "failed" else ""
    return [f"The job was {note}."] if note else []


def _figures(job: dict[str, Any], observations: Sequence[dict[str, Any]], took: str, restarts: int) -> Iterator[Figure]:
    results, hosts = record(job.get("results")), records(job.get("hosts"))
    world = number(results.get("world_size")) or sum(number(one.get("processes")) or 0 for one in hosts)
    began, launcher = number(job.get("began")), text(job.get("launcher"))
    yield Figure("Took", took, f"began {moment(began)}" if began is not None else "")
    yield Figure("World size", count(world) if world else UNKNOWN, f"on {plural(len(hosts), 'host')}" if hosts else "")
    step, total = _steps(results, observations)
    whole = "" if total is None or total == step else f" of {count(total)}"
    yield Figure("Steps", f"{count(step)}{whole}", f"in {restarts + 1} attempts" if restarts else "")
    yield _loss(results, observations)
    norm = text(record(results.get("diverged")).get("grad_norm")) or number(results.get("last_grad_norm"))
    if norm:
        yield Figure("Gradient norm", norm if isinstance(norm, str) else figure(norm), "the last one")
    yield Figure("Network", text(job.get("network")) or UNKNOWN, f"by {launcher}" if launcher else "")


def _loss(results: dict[str, Any], observations: Sequence[dict[str, Any]]) -> Figure:
    """Return the last loss; of a diverged training as it was logged, which may be nan."""
    losses = [loss for loss in (number(results.get(key)) for key in ("first_loss", "last_loss")) if loss is not None]
    losses = losses if len(losses) == 2 else _seen(observations, "loss")
    last = text(record(results.get("diverged")).get("loss")) or figure(losses[-1] if losses else None)
    return Figure("Loss", last, f"first {figure(losses[0])}" if losses else "")


def _steps(results: dict[str, Any], observations: Sequence[dict[str, Any]]) -> tuple[float | None, float | None]:
    steps, totals = _seen(observations, "step"), _seen(observations, "total")
    done = number(results.get("steps"))
    return (done if done is not None else max(steps, default=None)), max(totals, default=None)


def _seen(observations: Sequence[dict[str, Any]], field: str) -> list[float]:
    found = [number(one.get(field)) for observation in observations for one in records(observation.get("ranks"))]
    return [one for one in found if one is not None]
