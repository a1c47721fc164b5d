# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often to save, by the formulas of Young and Daly, and what failures and restarts the events of all jobs show."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.job.reliability import Reliability, reliability
from ansible_collections.distrain.cluster.plugins.plugin_utils.job.save_interval import (
    Saving,
    advice,
    daly,
    lost_share,
    young,
)

MINUTE, HOUR = 60.0, 3600.0


@pytest.mark.parametrize(
    ("between_failures", "minutes"),
    [(24 * HOUR, 117), (6 * HOUR, 57), (15 * MINUTE, 9.1)],
    ids=["figure 3", "figure 4", "figure 5"],
)
def test_the_figures_of_dalys_article(between_failures: float, minutes: float) -> None:
    best = daly(5 * MINUTE, between_failures)
    assert best / MINUTE == pytest.approx(minutes, abs=0.5 if minutes > 10 else 0.05)


@pytest.mark.parametrize("between_failures", [24 * HOUR, 6 * HOUR, HOUR])
def test_no_other_interval_loses_clearly_less(between_failures: float) -> None:
    def lost(interval: float) -> float:
        return lost_share(interval, 5 * MINUTE, 10 * MINUTE, between_failures)

    least = min(lost(minutes * MINUTE) for minutes in range(1, 600))
    assert lost(daly(5 * MINUTE, between_failures)) == pytest.approx(least, rel=0.001)


def test_the_edges() -> None:
    assert young(50, 100) == 100
    assert daly(200, 100) == 100
    assert lost_share(1e9, 5, 5, 10) == 1.0 and lost_share(0, 5, 5, 10) == 1.0
    assert lost_share(10, 5, 1e9, 10) == 1.0


def test_what_is_advised() -> None:
    known = Reliability(failures=4, host_seconds=2 * 4 * 24 * HOUR, restart=600.0, restarts=3)
    found = advice(Saving(300.0, 500, 0.25, 2), known)
    assert found.interval == pytest.approx(117 * MINUTE, abs=30)
    assert found.sentence == (
        "Saving every 1 h 56 min (1750 steps) loses least, 8.7 % of the time (Daly 2006): a checkpoint takes "
        "5 min 00 s, a restart 10 min 00 s, and a job on 2 hosts fails once in 24 h 00 min (failures seen: 4). "
        "Now it saves every 33 min 20 s (500 steps), which loses 14.8 %."
    )
    rows = {name: value for name, value, _note in found.rows}
    assert rows["Best interval, Young 1974"] == "2 h 00 min (1800 steps)"
    assert rows["Failures"] == "4 in 8 d 00 h"


@pytest.mark.parametrize(
    ("saving", "known", "said"),
    [
        (
            Saving(None, None, None, 2),
            Reliability(),
            "How often to save is unknown: no checkpoint was measured and no failure was seen in 0 s.",
        ),
        (Saving(None, 5, 1.0, 2), Reliability(1, 7200.0), "How often to save is unknown: no checkpoint was measured."),
        (
            Saving(3.0, 5, 1.0, 2),
            Reliability(0, 7200.0),
            "How often to save is unknown: no failure was seen in 1 h 00 min.",
        ),
        (Saving(3.0, None, None, 2), Reliability(1, 7200.0), "Saving every 2 min 25 s loses least, 4.0 % of the time"),
    ],
)
def test_what_is_not_known_is_called_unknown(saving: Saving, known: Reliability, said: str) -> None:
    assert advice(saving, known).sentence.startswith(said)
    assert ("A restart takes", "unknown", "from the failure to the next step, median of 0") in advice(
        saving, known
    ).rows


def test_short_times_keep_a_figure() -> None:
    found = advice(Saving(0.006, None, None, 2), Reliability(1, 20.0))
    assert (
        found.sentence.startswith("Saving every 0.34 s loses least") and "a checkpoint takes 0.006 s" in found.sentence
    )


@pytest.mark.parametrize("figure", [-1.0, 0.0, 1e300, 1e18])
def test_figures_that_no_job_can_have_are_unknown(figure: float) -> None:
    known = Reliability(1, 7200.0)
    assert advice(Saving(figure, 5, 1.0, 2), known).interval is None
    assert "steps" not in advice(Saving(3.0, int(figure), figure, 2), known).sentence


def event(kind: str, at: float, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at": at, **more}


RUN = [
    event("started", 100.0, hosts=2),
    event("phase", 130.0, phase="training"),
    event("ended", 1100.0, retryable=True),
    event("restarted", 1120.0, hosts=2),
    event("phase", 1125.0, phase="starting"),
    event("phase", 1160.0, phase="training"),
    event("ended", 2120.0),
]


@pytest.mark.parametrize(
    ("jobs", "known"),
    [
        ([], Reliability()),
        ([(RUN, None)], Reliability(1, 4000.0, 60.0, 1)),
        ([(RUN, 9999.0)], Reliability(1, 4000.0, 60.0, 1)),
        ([(RUN[:2], 600.0)], Reliability(0, 1000.0)),
        ([(RUN[:2], None)], Reliability(0, 60.0)),
        ([(RUN[:2], None), (RUN, None)], Reliability(1, 4060.0, 60.0, 1)),
        ([([event("started", 100.0), event("ended", 900.0, retryable=True)], None)], Reliability()),
        ([([*RUN[:2], event("ended", 1100.0, retryable=False)], None)], Reliability(0, 2000.0)),
        ([([*RUN[:3], event("started", 5000.0, hosts=2), event("phase", 5030.0, phase="training")], None)], None),
        ([([{"kind": "started", "at": "x", "hosts": []}, {"kind": "ended"}], None)], Reliability()),
    ],
    ids=[
        "nothing",
        "a run",
        "one that has ended",
        "one that runs",
        "one that nobody follows",
        "two jobs",
        "hosts that are not known",
        "a cause that a restart does not cure",
        "a new run is no restart",
        "damaged",
    ],
)
def test_failures_and_restarts_by_the_events(jobs: list[Any], known: Reliability | None) -> None:
    assert reliability(jobs) == (known or Reliability(1, 2060.0))


def test_the_time_between_failures_is_shorter_with_more_hosts() -> None:
    known = Reliability(2, 16_000.0)
    assert [known.between_failures(hosts) for hosts in (0, 1, 2, 8)] == [8000, 8000, 4000, 1000]
    assert Reliability(0, 16_000.0).between_failures(2) is None
