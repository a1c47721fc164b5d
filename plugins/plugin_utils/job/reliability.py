# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often the jobs of a cluster have failed and how long a restart took, by the events of all its jobs."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.progress.steps import finite

_STARTS = ("started", "restarted")
_ENDED, _PHASE, _TRAINING = "ended", "phase", "training"

# Larger than any time in seconds since the epoch.
_MOST = 1e12

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Reliability:
    """``host_seconds`` is the time of all jobs times their hosts; ``restart`` the median seconds of ``restarts``."""

    failures: int = 0
    host_seconds: float = 0.0
    restart: float | None = None
    restarts: int = 0

    def between_failures(self, hosts: int) -> float | None:
        """Return the mean seconds between failures of a job on so many hosts, or None where none has failed."""
        return self.host_seconds / self.failures / max(1, hosts) if self.failures and self.host_seconds > 0 else None


def reliability(jobs: Sequence[tuple[Sequence[Event], float | None]]) -> Reliability:
    """Return what the events of all jobs say; with each go the seconds since the epoch until which it was followed.

    A failure is one that a restart may cure, so that a checkpoint helps: a lost host or container, a kill, a hang. An
    attempt whose number of hosts is not known does not count.
    """
    failures, host_seconds, restarts = 0, 0.0, list[float]()
    for events, until in jobs:
        for hosts, began, ended, has_failed in _attempts(events, until):
            failures += has_failed
            host_seconds += hosts * max(0.0, ended - began)
        restarts += _restarts(events)
    return Reliability(failures, host_seconds, statistics.median(restarts) if restarts else None, len(restarts))


def _attempts(events: Sequence[Event], until: float | None) -> Iterator[tuple[int, float, float, bool]]:
    """Yield hosts, start, end and whether it failed, of each attempt."""
    places = [place for place, event in enumerate(events) if event.get("kind") in _STARTS]
    for place, following in itertools.pairwise([*places, len(events)]):
        hosts, began = _number(events[place].get("hosts")), _number(events[place].get("at"))
        if not hosts or began is None:
            continue
        own = events[place:following]
        end = next((event for event in own if event.get("kind") == _ENDED), None)
        last = _number((end or own[-1]).get("at")) or began
        is_newest = following == len(events)
        ended = max(last, until) if end is None and is_newest and until is not None else last
        yield int(hosts), began, ended, end is not None and end.get("retryable") is True


def _number(value: Any) -> float | None:
    """Return a number that is a time or a count of hosts, or None for anything else."""
    found = finite(value)
    return found if found is not None and 0 <= found <= _MOST else None


def _restarts(events: Sequence[Event]) -> Iterator[float]:
    """Yield the seconds from each failure to the steps of the restart after it."""
    failed: float | None = None
    for event in events:
        kind, at = event.get("kind"), _number(event.get("at"))
        if kind == _ENDED:
            failed = at if event.get("retryable") is True else None
        elif kind == "started":
            failed = None
        elif kind == _PHASE and event.get("phase") == _TRAINING and failed is not None and at is not None:
            yield max(0.0, at - failed)
            failed = None
