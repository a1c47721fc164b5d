# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which looks and events a report is of, and what it shows of findings and restarts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.files import read_job
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.job import job_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.run import Span, of_newest_run, span_of


def event(at: Any, kind: str) -> dict[str, Any]:
    return {"at": at, "kind": kind}


EARLIER = [event(100, "started"), event(150, "finding"), event(151, "ended")]
NEWEST = [event(1000, "started"), event(1050, "finding"), event(1060, "restarted"), event(1110, "ended")]


@pytest.mark.parametrize(
    ("began", "events", "looks", "expected"),
    [
        (1060, EARLIER + NEWEST, [100, 999, 1050, 1105], ([999, 1050, 1105], [1000, 1050, 1060, 1110])),
        (None, EARLIER + NEWEST, [100, 1050], ([1050], [1000, 1050, 1060, 1110])),
        # The newest run was not followed.
        (1000, EARLIER, [100, 150], ([], [])),
        (1000, EARLIER, [100, 1090], ([1090], [])),
        (1000, [], [100, 1090], ([1090], [])),
        # The first rank was started some seconds before the last one.
        (1008, NEWEST[:1], [1009], ([1009], [1000])),
        (None, [event(5, "finding"), event("x", "finding")], [7, 6], ([6, 7], [5])),
        (None, [], [], ([], [])),
    ],
)
def test_only_the_newest_run_is_shown(began: Any, events: Any, looks: list[float], expected: Any) -> None:
    found = of_newest_run({"began": began}, [{"at": at} for at in looks], events)
    assert tuple([one["at"] for one in part] for part in found) == expected


@pytest.mark.parametrize(
    ("job", "events", "span"),
    [
        ({"began": 1060, "ended": 1109}, NEWEST, Span(1000, 1109, 1060)),
        ({"began": 1060}, NEWEST, Span(1000, 1110, 1060)),
        ({"began": 1000, "ended": 1040}, NEWEST[:1], Span(1000, 1040, 1000)),
        ({}, [], Span(0, 80, 0)),
    ],
)
def test_from_when_to_when_a_run_was(job: Any, events: Any, span: Span) -> None:
    assert span_of(job, [], events, 80) == span


def test_failures_and_restarts_are_on_the_page(tmp_path: Path) -> None:
    """As those who follow a job write it down; the record is of the last attempt, and an earlier run lies before."""
    events_file, now = tmp_path / "sft" / "events.jsonl", [0.0]
    record = JobRecorder(None, str(events_file), clock=lambda: now[0])
    record.began(100.0, 2, "sft", 0)
    record.event("finding", "gpu-01", 0, "An old finding.", 150.0)
    record.began(1000.0, 2, "sft", 0)
    record.event("finding", "gpu-02", 1, "Rank 1 of job sft on host gpu-02 ran out of memory.", 1050.0)
    record.event("stopped", None, None, "Job sft was stopped on gpu-01.", 1051.0)
    record.began(1060.0, 2, "sft", 1)
    record.event("ended", None, None, "Job sft has succeeded.", 1110.0)
    looks = [{"at": at, "ranks": [{"host": "gpu-01", "rank": 0, "step": at}]} for at in (120, 1020, 1040, 1080, 1100)]
    (tmp_path / "sft" / "watch.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in looks))
    job = {"name": "sft", "attempt": "2026-01-31T12:00:00", "began": 1060.0, "ended": 1109.0, "outcome": "succeeded"}
    (tmp_path / "sft" / "job.json").write_text(json.dumps(job))

    page = job_page(read_job(tmp_path, "sft"))
    assert page.events and page.timeline
    assert [(row[0].text, row[1].text, row[3].text) for row in page.events.rows] == [
        ("0 s", "started", ""),
        ("50 s", "finding", "gpu-02, rank 1"),
        ("51 s", "stopped", ""),
        ("1 min 00 s", "restarted", ""),
        ("1 min 50 s", "ended", ""),
    ]
    assert "ran out of memory" in page.events.rows[1][2].text
    assert "started again, for the 1. time" in page.events.rows[3][2].text
    assert [(one.kind, one.seconds) for one in page.timeline.phases] == [
        ("starting", 20),
        ("training", 20),
        ("stalled", 20),
        ("starting", 20),
        ("training", 20),
        ("finishing", 9),
    ]
    assert [mark.label.partition(":")[0] for mark in page.charts[0].marks] == ["finding", "restarted"]
    assert {one.label: one.note for one in page.head.figures}["Steps"] == "in 2 attempts"
