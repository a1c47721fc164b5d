# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of restarts, those that were made and those that were wanted and not made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.filter.job_status import job_status
from ansible_collections.distrain.cluster.plugins.module_utils.follow.job_record import record_of
from ansible_collections.distrain.cluster.plugins.module_utils.follow.outcome import summary as job_summary
from ansible_collections.distrain.cluster.plugins.module_utils.follow.restarts import recorded, restarts
from ansible_collections.distrain.cluster.tests.unit.support.job_hostvars import RANKS, SAID, job, seen

KILLED = {"outcome": "failed", "finding": "killed", "retryable": True}
IMPORT = {"outcome": "failed", "finding": "import_error", "retryable": False}
AWAY = {"outcome": "failed", "finding": "host_gone", "retryable": False, "absent_hosts": ["gpu-02", "gpu-03"]}
UNKNOWN = {"outcome": "failed", "finding": "unknown", "retryable": False}
HANG = {"outcome": "failed", "finding": "hang", "retryable": False}
GOOD = {"outcome": "succeeded"}
AWAY_NOTE = "gpu-02, gpu-03 did not come back within trainer_launch_return_timeout"


@pytest.mark.parametrize(
    ("outcome", "done", "allowed", "note"),
    [
        (KILLED, 0, 2, "being restarted (1 of 2)"),
        (KILLED, 2, 2, "restarted 2 of 2 times, none is left"),
        (KILLED, 0, 0, ""),
        (IMPORT, 0, 2, "not restarted (0 of 2 restarts used): a restart does not help with this cause (import_error)"),
        (IMPORT, 1, 2, "not restarted (1 of 2 restarts used): a restart does not help with this cause (import_error)"),
        (IMPORT, 0, 0, ""),
        (AWAY, 0, 1, f"not restarted (0 of 1 restarts used): {AWAY_NOTE}"),
        (HANG, 1, 2, "not restarted (1 of 2 restarts used): trainer_launch_on_hang is stop"),
        (UNKNOWN, 0, 1, "not restarted (0 of 1 restarts used): how it ended is not known"),
        (GOOD, 1, 2, "restarted 1 of 2 times"),
        (GOOD, 0, 2, ""),
        ({}, 1, 2, "restarted 1 of 2 times"),
    ],
)
def test_the_note_at_the_end(outcome: dict[str, Any], done: int, allowed: int, note: str) -> None:
    assert restarts(outcome, done, allowed) == {"done": done, "allowed": allowed, "note": note}


def test_the_one_line_of_a_job_that_was_restarted() -> None:
    outcome = {"hosts": ["a"], "world_size": 1, "first_loss": None, "last_loss": None, "steps": 4}
    assert job_summary(outcome, "", restarts(GOOD, 1, 2)) == "a: world size 1, restarted 1 of 2 times"
    assert job_summary(outcome, "", restarts(GOOD, 0, 2)) == "a: world size 1"


def running(done: int, allowed: int) -> dict[str, Any]:
    return {"outcome": "running", "restarts": {"done": done, "allowed": allowed, "note": ""}}


UNFOLLOWED = "not restarted so far (0 of 2 restarts used)"


@pytest.mark.parametrize(
    ("record", "state", "note"),
    [
        (running(0, 2), "failed", UNFOLLOWED),
        (running(0, 2), "lost", UNFOLLOWED),
        (running(0, 2), "stopped", ""),
        (running(0, 0), "failed", ""),
        (running(2, 2), "failed", "restarted 2 of 2 times, none is left"),
        (running(1, 2), "running", "restarted 1 of 2 times"),
        ({"outcome": "failed", "restarts": {"done": 2, "allowed": 2, "note": "as it was"}}, "failed", "as it was"),
        (
            {"outcome": "succeeded", "restarts": {"done": 1, "allowed": 1, "note": "x"}},
            "succeeded",
            "restarted 1 of 1 times",
        ),
        ({"outcome": "failed"}, "failed", ""),
        ({"outcome": "failed", "restarts": {"done": "x", "allowed": [1], "note": "\x1b[2Jn"}}, "failed", "n"),
        ({"outcome": "failed", "restarts": "many"}, "failed", ""),
        ({}, "failed", ""),
    ],
)
def test_what_the_record_says_of_them(record: dict[str, Any], state: str, note: str) -> None:
    assert recorded(record, state) == note


def test_the_record_has_them_and_keeps_those_that_were_made_before_it_was_followed_again() -> None:
    def record(outcome: dict[str, Any], done: int, kept: dict[str, Any], state: str) -> dict[str, Any]:
        jobs = [job(rank, state=state, ended=130.0) for rank in (0, 1)]
        return record_of({**SAID, "restarts": restarts(outcome, done, 2)}, RANKS, seen(*jobs), kept)

    began = record({}, 1, {}, "running")
    assert began["restarts"] == {"done": 1, "allowed": 2, "note": "restarted 1 of 2 times"}
    ended = record(AWAY, 0, began, "failed")
    assert ended["restarts"]["done"] == 1 and AWAY_NOTE in ended["restarts"]["note"]


def test_the_status_says_them_by_the_record_on_the_controller(tmp_path: Path) -> None:
    def summary(**record: Any) -> str:
        (tmp_path / "sft").mkdir(exist_ok=True)
        (tmp_path / "sft" / "job.json").write_text(json.dumps(record))
        row = {**job(0, state="failed", exit_code=1), "name": "sft", "silent_seconds": 1.0}
        found = job_status({"a": {"jobs": {"jobs": [row]}}}, ["a"], "jobs", "t", str(tmp_path))
        return str(found["summary"][0])

    known = {"trainer": "t", "attempt": "monday", "outcome": "running"}
    none_made = {"restarts": {"done": 0, "allowed": 2, "note": ""}}
    assert summary(**known, **none_made) == f"t sft: failed, ranks 1; was {UNFOLLOWED}"
    assert summary(**known) == "t sft: failed, ranks 1"
    assert summary(**{**known, "attempt": "sunday"}, **none_made) == "t sft: failed, ranks 1"
    assert summary(**{**known, "trainer": "another"}, **none_made) == "t sft: failed, ranks 1"
    (tmp_path / "sft" / "job.json").write_text("no JSON")
    assert job_status({"a": {"jobs": {"jobs": []}}}, ["a"], "jobs", "t", str(tmp_path / "none"))["rows"] == []
