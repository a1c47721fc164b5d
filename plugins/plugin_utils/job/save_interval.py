# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often to save: the interval between two checkpoints that loses least time, by what was measured.

J. W. Young, A first order approximation to the optimum checkpoint interval, Communications of the ACM 17 (9), 1974,
pages 530 and 531. J. T. Daly, A higher order estimate of the optimum checkpoint interval for restart dumps, Future
Generation Computer Systems 22 (3), 2006, pages 303 to 312. Both take failures to come independently of each other, with
a mean time between them. All times are in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import in_words

from .reliability import Reliability

# Beyond this exponent next to all time is lost.
_MOST = 50.0
# Larger than any figure of a job.
_LARGEST = 1e9


def young(saving: float, between_failures: float) -> float:
    """Return the best interval for checkpoints that take ``saving``, to the first order."""
    return math.sqrt(2 * saving * between_failures)


def daly(saving: float, between_failures: float) -> float:
    """Return the best interval to a higher order; where saving takes too long, it is the time between failures."""
    if saving >= 2 * between_failures:
        return between_failures
    ratio = saving / (2 * between_failures)
    return young(saving, between_failures) * (1 + math.sqrt(ratio) / 3 + ratio / 9) - saving


def lost_share(interval: float, saving: float, restart: float, between_failures: float) -> float:
    """Return which share of the time is lost to saving, to work done twice and to restarts (Daly's complete model)."""
    exponent = (interval + saving) / between_failures
    if exponent + restart / between_failures > _MOST or interval <= 0:
        return 1.0
    time = between_failures * math.exp(restart / between_failures) * math.expm1(exponent) / interval
    return 1 - 1 / time


@dataclass(frozen=True)
class Saving:
    """What is known of a job: how long a checkpoint takes, the steps between two, steps a second, and its hosts."""

    seconds: float | None
    every: int | None
    steps_per_second: float | None
    hosts: int


@dataclass(frozen=True)
class SavingAdvice:
    """``sentence`` is a sentence; ``rows`` are names, values and notes. ``interval`` is None where it is unknown."""

    sentence: str
    rows: Sequence[tuple[str, str, str]] = field(default_factory=tuple)
    interval: float | None = None


def advice(job: Saving, known: Reliability) -> SavingAdvice:
    """Return how often to save, with the figures that it follows from, or what is missing for an answer."""
    job = _usable(job)
    rows = _measured(job, known)
    between = known.between_failures(job.hosts)
    missing = ["no checkpoint was measured"] if not job.seconds else []
    if between is None:
        missing.append(f"no failure was seen in {in_words(known.host_seconds / max(1, job.hosts))}")
    if not job.seconds or between is None:
        return SavingAdvice(f"How often to save is unknown: {' and '.join(missing)}.", rows)
    best = daly(job.seconds, between)
    restart = known.restart or 0.0
    rows += [
        ("Best interval, Daly 2006", _interval(best, job), _loses(best, job.seconds, restart, between)),
        ("Best interval, Young 1974", _interval(young(job.seconds, between), job), ""),
    ]
    now = _now(job)
    if now:
        rows.append(("Interval now", _interval(now, job), _loses(now, job.seconds, restart, between)))
    takes = "an unknown time" if known.restart is None else _seconds(known.restart)
    sentence = (
        f"Saving every {_interval(best, job)} loses least, {_percent(lost_share(best, job.seconds, restart, between))} "
        f"of the time (Daly 2006): a checkpoint takes {_seconds(job.seconds)}, a restart {takes}, and a job on "
        f"{_hosts(job)} fails once in {in_words(between)} (failures seen: {known.failures})."
    )
    return SavingAdvice(f"{sentence}{_compared(now, job, restart, between)}", rows, best)


def _usable(job: Saving) -> Saving:
    """Return what is known without figures that no job can have."""
    every = job.every if job.every is not None and _is_usable(job.every) else None
    seconds, rate = (
        one if one is not None and _is_usable(one) else None for one in (job.seconds, job.steps_per_second)
    )
    return Saving(seconds, every, rate, job.hosts)


def _is_usable(figure: float) -> bool:
    return 0 < figure < _LARGEST


def _measured(job: Saving, known: Reliability) -> list[tuple[str, str, str]]:
    seen = f"{known.failures} in {in_words(known.host_seconds)}"
    between = known.between_failures(job.hosts)
    return [
        (
            "A checkpoint takes",
            _seconds(job.seconds),
            "from the creation of its directory to trainer_state.json, median",
        ),
        ("A restart takes", _seconds(known.restart), f"from the failure to the next step, median of {known.restarts}"),
        ("Failures", seen, "of jobs that were followed, times their hosts"),
        (
            "Time between failures",
            in_words(between) if between else "unknown",
            f"for a job on {_hosts(job)}",
        ),
    ]


def _now(job: Saving) -> float | None:
    return job.every / job.steps_per_second if job.every and job.steps_per_second else None


def _compared(now: float | None, job: Saving, restart: float, between: float) -> str:
    if now is None or job.seconds is None:
        return ""
    return f" Now it saves every {_interval(now, job)}, which {_loses(now, job.seconds, restart, between)}."


def _hosts(job: Saving) -> str:
    return f"{job.hosts} host{'' if job.hosts == 1 else 's'}"


def _interval(seconds: float, job: Saving) -> str:
    steps = f" ({max(1, round(seconds * job.steps_per_second))} steps)" if job.steps_per_second else ""
    return f"{_seconds(seconds)}{steps}"


def _loses(interval: float, saving: float, restart: float, between: float) -> str:
    return f"loses {_percent(lost_share(interval, saving, restart, between))}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    if seconds < 1:
        return f"{seconds:.2g} s"
    return f"{seconds:.1f} s" if seconds < 60 else in_words(seconds)
