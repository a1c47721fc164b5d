# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Select the observations and events of the newest run of a job, and find its time span.

Files grow with every run of the job; the record is that of the newest run, and of its last attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .values import number

STARTED, RESTARTED = "started", "restarted"
# How much later than the first rank the last one may be started.
START_SECONDS = 60
# How much the clocks of the hosts and of the controller may differ.
CLOCK_SECONDS = 5

Entries = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Span:
    """Times in seconds since the epoch; ``since`` is the start of the last attempt."""

    began: float
    end: float
    since: float


def of_newest_run(job: dict[str, Any], observations: Entries, events: Entries) -> tuple[Entries, Entries]:
    """Return the observations and the events of the newest run, each in the order of time."""
    newest = _since_started(events)
    began, starts = number(job.get("began")), _starts(newest)
    if began is not None and starts and began - max(starts) > START_SECONDS:
        # The newest run has not been followed.
        newest, starts = [], []
    first = min([*starts, *([] if began is None else [began])], default=None)
    seen = [one for one in _in_order(observations) if first is None or one["at"] >= first - CLOCK_SECONDS]
    return seen, _in_order(newest)


def span_of(job: dict[str, Any], observations: Entries, events: Entries, longest_log: float) -> Span:
    """Return the span from the first start to the end or the latest known time; from 0 without any time."""
    times = [float(one["at"]) for one in (*observations, *events)]
    starts = _starts(events)
    recorded, ended = number(job.get("began")), number(job.get("ended"))
    starts += [] if recorded is None else [recorded]
    began = min(starts or times, default=0.0)
    end = ended if ended is not None else max(times, default=began + longest_log)
    restarts = [at for at in restarts_of(events) if began < at < end]
    return Span(began, end, max(restarts, default=began))


def restarts_of(events: Entries) -> list[float]:
    """Return the times of the restarts."""
    times = [number(one.get("at")) for one in events if one.get("kind") == RESTARTED]
    return [at for at in times if at is not None]


def _since_started(events: Entries) -> Entries:
    """Return the events since the last start, in the order of the file, as clocks may differ."""
    places = [place for place, one in enumerate(events) if one.get("kind") == STARTED]
    return events[places[-1] :] if places else events


def _starts(events: Entries) -> list[float]:
    times = [number(one.get("at")) for one in events if one.get("kind") in (STARTED, RESTARTED)]
    return [at for at in times if at is not None]


def _in_order(entries: Entries) -> list[dict[str, Any]]:
    """Return the entries in the order of time, without those that have none."""
    return sorted((one for one in entries if number(one.get("at")) is not None), key=lambda one: float(one["at"]))
