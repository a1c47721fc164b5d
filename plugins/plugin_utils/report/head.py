# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the head of a page: what it is about, how it ended, and its most telling figures."""

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
    """``outcome`` is one of the outcomes of a job, or unknown; ``message`` says why it ended so.

    ``warnings`` are sentences on what is to be known of it though it has ended well.
    """

    title: str
    subtitle: str
    outcome: str
    message: str
    figures: Sequence[Figure]
    warnings: Sequence[str] = ()


def job_head(name: str, job: dict[str, Any], looks: Sequence[dict[str, Any]], took: str, restarts: int) -> Head:
    outcome = text(job.get("outcome"))
    return Head(
        title=name,
        subtitle=text(job.get("trainer")),
        outcome=outcome if outcome in OUTCOMES else "unknown",
        message=text(job.get("message")),
        figures=list(_figures(job, looks, took, restarts)),
        warnings=[*filter(None, texts(job.get("warnings"))), *_restart_note(job)],
    )


def _restart_note(job: dict[str, Any]) -> list[str]:
    """That restarts are used up, or were wanted and not made; those that were made are told with the steps."""
    note = text(record(job.get("restarts")).get("note")) if text(job.get("outcome")) == "failed" else ""
    return [f"The job was {note}."] if note else []


def _figures(job: dict[str, Any], looks: Sequence[dict[str, Any]], took: str, restarts: int) -> Iterator[Figure]:
    results, hosts = record(job.get("results")), records(job.get("hosts"))
    world = number(results.get("world_size")) or sum(number(one.get("processes")) or 0 for one in hosts)
    began, launcher = number(job.get("began")), text(job.get("launcher"))
    yield Figure("Took", took, f"began {moment(began)}" if began is not None else "")
    yield Figure("World size", count(world) if world else UNKNOWN, f"on {plural(len(hosts), 'host')}" if hosts else "")
    step, total = _steps(results, looks)
    whole = "" if total is None or total == step else f" of {count(total)}"
    yield Figure("Steps", f"{count(step)}{whole}", f"in {restarts + 1} attempts" if restarts else "")
    yield _loss(results, looks)
    norm = text(record(results.get("diverged")).get("grad_norm")) or number(results.get("last_grad_norm"))
    if norm:
        yield Figure("Gradient norm", norm if isinstance(norm, str) else figure(norm), "the last one")
    yield Figure("Network", text(job.get("network")) or UNKNOWN, f"by {launcher}" if launcher else "")


def _loss(results: dict[str, Any], looks: Sequence[dict[str, Any]]) -> Figure:
    """The last one; of a training that has diverged as it was logged, which may be nan."""
    losses = [loss for loss in (number(results.get(key)) for key in ("first_loss", "last_loss")) if loss is not None]
    losses = losses if len(losses) == 2 else _seen(looks, "loss")
    last = text(record(results.get("diverged")).get("loss")) or figure(losses[-1] if losses else None)
    return Figure("Loss", last, f"first {figure(losses[0])}" if losses else "")


def _steps(results: dict[str, Any], looks: Sequence[dict[str, Any]]) -> tuple[float | None, float | None]:
    steps, totals = _seen(looks, "step"), _seen(looks, "total")
    done = number(results.get("steps"))
    return (done if done is not None else max(steps, default=None)), max(totals, default=None)


def _seen(looks: Sequence[dict[str, Any]], field: str) -> list[float]:
    found = [number(one.get(field)) for look in looks for one in records(look.get("ranks"))]
    return [one for one in found if one is not None]
