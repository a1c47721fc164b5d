# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: choose the tuning of a network from all-reduces timed with each, and the tuning of a job from that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from ..fabric.tuning import DEFAULT, RDMA_DEVICES, SOCKETS, THREADS, Tunings, tuning_by_speed
from .history import cluster_name

# Less than this, in percent, is within what one check differs from the next.
LEAST_GAIN = 10.0

Row = Mapping[str, Any]
Outcomes = Mapping[str, Mapping[str, Any]]


def choose(outcomes: Outcomes, tunings: Tunings, large_bytes: int) -> dict[str, Any]:
    """Return the tuning with the most bandwidth for large messages, and for each size the best one.

    ``outcomes`` are what the ranks measured with each tuning. The gain is that over the default, in percent. A tuning
    with a problem, or one that gains less than 10 %, is not chosen.
    """
    whole = {name: _seconds(one["rows"]) for name, one in outcomes.items() if not one["problem"]}
    default = whole.get(DEFAULT, {})
    gains = {name: gain for name, one in whole.items() if (gain := _gain(default, one, large_bytes)) is not None}
    best = max(gains, key=lambda name: gains[name], default=DEFAULT)
    chosen = best if gains.get(best, 0) >= LEAST_GAIN else DEFAULT
    return {
        "name": chosen,
        "environment": tunings[chosen],
        "gain_percent": gains.get(chosen, 0.0),
        "sizes": [_best_of(size, default[size], whole) for size in sorted(default)],
        "problems": {name: one["problem"] for name, one in outcomes.items() if name != DEFAULT and one["problem"]},
    }


@dataclass(frozen=True)
class TunedJob:
    """A job that is to be tuned: the data path address of each of its hosts, and what it is known to run on.

    ``mbits`` is the speed of the slowest interface that carries it, where all are known. ``environment`` is all that is
    set for it by hand or by the choice of networks.
    """

    addresses: Mapping[str, str]
    network: str
    backend: str
    mbits: int | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)


def tuning_of(job: TunedJob, history: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables for the job, and the reason: its network check, or else the speed of its link."""
    if job.backend != "nccl" or RDMA_DEVICES in job.environment or {THREADS, SOCKETS} & job.environment.keys():
        return {"environment": {}, "reason": ""}
    checked = _checked(job, history)
    if checked:
        date, found = checked
        gain = f"{found['gain_percent']:g} % more bandwidth for large messages than NCCL's default"
        return {"environment": found["environment"], "reason": f"the network check of {date} measured {gain}"}
    by_speed = tuning_by_speed(job.mbits)
    link = f"one connection of NCCL does not fill a link of {(job.mbits or 0) / 1000:g} Gbit/s"
    reason = f"{link}; playbooks/network_check.yml finds what is best here" if by_speed else ""
    return {"environment": by_speed, "reason": reason}


def _checked(job: TunedJob, history: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the date and the choice of the newest check of these hosts that came to its end with this backend."""
    entry = history.get("clusters", {}).get(cluster_name(job.addresses), {})
    for check in (entry.get("latest"), entry.get("baseline")):
        found = (check or {}).get("tunings", {}).get(job.network)
        if found and check["backend"] == job.backend and not check["problems"]:
            return check["date"], found
    return None


def _seconds(rows: Iterable[Row]) -> dict[int, float]:
    """Return the median seconds of each size."""
    by_size: dict[int, list[float]] = {}
    for row in rows:
        by_size.setdefault(row["bytes"], []).append(row["seconds"])
    return {size: median(seconds) for size, seconds in by_size.items()}


def _gain(default: Mapping[int, float], one: Mapping[int, float], large_bytes: int) -> float | None:
    """Return the median gain of the large messages, or of the largest where none is large; None where none is known."""
    sizes = sorted(default.keys() & one.keys())
    counted: Sequence[int] = [size for size in sizes if size >= large_bytes] or sizes[-1:]
    return round(median(100 * (default[size] / one[size] - 1) for size in counted), 1) if counted else None


def _best_of(size: int, default: float, whole: Mapping[str, Mapping[int, float]]) -> dict[str, Any]:
    times = {name: one[size] for name, one in whole.items() if size in one}
    best = min(times, key=lambda name: times[name])
    gain = round(100 * (default / times[best] - 1), 1)
    return {"bytes": size, "best": best, "gain_percent": gain, "seconds": times}
