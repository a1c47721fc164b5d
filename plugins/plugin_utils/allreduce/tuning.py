# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: choose the tuning of a network from all-reduces timed with each, and the tuning of a job from that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from ..fabric.tuning import DEFAULT, DEFAULT_AGAIN, RDMA_DEVICES, SOCKETS, THREADS, Tunings, tuning_by_speed
from .history import cluster_name

# Less than this, in percent, is within what one check differs from the next.
LEAST_GAIN = 10.0

Row = Mapping[str, Any]
Outcomes = Mapping[str, Mapping[str, Any]]


def choose(outcomes: Outcomes, tunings: Tunings, large_bytes: int) -> dict[str, Any]:
    """Return the tuning with the most bandwidth for large messages, and for each size the best one.

    ``outcomes`` are what the ranks measured with each tuning. The gain is that over the default, in percent. Not
    chosen is a tuning with a problem, one that gains less than 10 %, and one that for any large message is not faster
    than each single round of the default, before and after it.
    """
    rounds = _with_both_defaults({name: _rounds(one["rows"]) for name, one in outcomes.items() if not one["problem"]})
    whole = {name: {size: median(seconds) for size, seconds in one.items()} for name, one in rounds.items()}
    default = whole.get(DEFAULT, {})
    fastest = {size: min(seconds) for size, seconds in rounds.get(DEFAULT, {}).items()}
    gains = {
        name: gain
        for name, one in whole.items()
        if (gain := _gain(default, one, large_bytes)) is not None and _is_faster(one, fastest, large_bytes)
    }
    best = max(gains, key=lambda name: gains[name], default=DEFAULT)
    chosen = best if gains.get(best, 0) >= LEAST_GAIN else DEFAULT
    return {
        "name": chosen,
        "environment": tunings[chosen],
        "gain_percent": gains.get(chosen, 0.0),
        "sizes": [_best_of(size, default[size], whole) for size in sorted(default)],
        "problems": {
            name: one["problem"]
            for name, one in outcomes.items()
            if name not in (DEFAULT, DEFAULT_AGAIN) and one["problem"]
        },
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


def _rounds(rows: Iterable[Row]) -> dict[int, list[float]]:
    """Return the seconds of each round, by size."""
    by_size: dict[int, list[float]] = {}
    for row in rows:
        by_size.setdefault(row["bytes"], []).append(row["seconds"])
    return by_size


def _with_both_defaults(rounds: Mapping[str, dict[int, list[float]]]) -> dict[str, dict[int, list[float]]]:
    """Return the rounds with those of the default after all others among those before them."""
    again = rounds.get(DEFAULT_AGAIN, {})
    others = {name: one for name, one in rounds.items() if name != DEFAULT_AGAIN}
    if DEFAULT in others:
        others[DEFAULT] = {size: [*one, *again.get(size, ())] for size, one in others[DEFAULT].items()}
    return others


def _is_faster(one: Mapping[int, float], fastest: Mapping[int, float], large_bytes: int) -> bool:
    return all(one[size] < fastest[size] for size in _counted(fastest, one, large_bytes))


def _counted(default: Mapping[int, float], one: Mapping[int, float], large_bytes: int) -> Sequence[int]:
    """Return the sizes of the large messages, or the largest where none is large."""
    sizes = sorted(default.keys() & one.keys())
    return [size for size in sizes if size >= large_bytes] or sizes[-1:]


def _gain(default: Mapping[int, float], one: Mapping[int, float], large_bytes: int) -> float | None:
    """Return the median gain of the messages that count; None where none is known."""
    counted = _counted(default, one, large_bytes)
    return round(median(100 * (default[size] / one[size] - 1) for size in counted), 1) if counted else None


def _best_of(size: int, default: float, whole: Mapping[str, Mapping[int, float]]) -> dict[str, Any]:
    times = {name: one[size] for name, one in whole.items() if size in one}
    best = min(times, key=lambda name: times[name])
    gain = round(100 * (default / times[best] - 1), 1)
    return {"bytes": size, "best": best, "gain_percent": gain, "seconds": times}
