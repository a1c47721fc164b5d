# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a GPU during a job: in the follower's lines, the events, the record and the status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.follow.job_record import End, record_of
from ansible_collections.distrain.cluster.plugins.module_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.observer import described_rank
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.status import status
from ansible_collections.distrain.cluster.tests.unit.support.job_gpus import ADDRESS, AT, LABEL, slow_seen, xid_seen
from ansible_collections.distrain.cluster.tests.unit.support.job_hostvars import RANKS, SAID, job, seen
from ansible_collections.distrain.cluster.tests.unit.support.job_stage import Stage, rank

HOT = slow_seen("hw_thermal_slowdown")


def test_a_slow_gpu_is_warned_of_once_though_it_comes_and_goes(tmp_path: Path) -> None:
    scenes = [[rank(0, gpu=HOT)], [rank(0)], [rank(0, gpu=HOT)], [rank(0, "succeeded")]]
    follower = (stage := Stage(*scenes)).follower(tmp_path / "events.jsonl")
    follower.follow()
    (text,) = stage.warned
    assert text == follower.gpu_problems[0] and text.startswith(
        f"Rank 0 of job sft on host gpu-01: {LABEL}: it is too hot"
    )
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    (event,) = [one for one in events if one["kind"] == "finding"]
    assert (event["host"], event["rank"]) == ("gpu-01", 0)


def test_two_errors_of_one_gpu_are_two_warnings_also_at_the_end() -> None:
    stage = Stage([rank(0, gpu=xid_seen(63))], [rank(0, "succeeded", gpu=xid_seen(63, 92))])
    stage.follower().follow()
    assert [("Xid 63" in text, "Xid 92" in text) for text in stage.warned] == [(True, False), (False, True)]


def test_a_job_that_ends_soon_after_an_xid_is_blamed_on_it() -> None:
    failed = rank(1, "failed", exit_code=1, ended=AT + 4, gpu=xid_seen(79), last_lines=["CUDA error: unknown error"])
    follower = (stage := Stage([rank(0), rank(1)], [rank(0), failed])).follower(grace=0)
    with pytest.raises(ClusterError) as caught:
        follower.follow()
    assert caught.value.details == {"failed_host": "gpu-02", "finding": "gpu_fault", "retryable": False}
    assert "Xid 79" in stage.warned[0] and len(follower.gpu_problems) == 1


def test_an_observation_has_the_problems_and_is_written_when_they_come(tmp_path: Path) -> None:
    now = [1000.0]
    recorder = JobRecorder(str(tmp_path / "watch.jsonl"), None, clock=lambda: now[0])
    for seen_now in ({}, {}, xid_seen(79), xid_seen(79)):
        recorder.observation([rank(0, gpu=seen_now)])
        now[0] += 6
    lines = [json.loads(line)["ranks"][0] for line in (tmp_path / "watch.jsonl").read_text().splitlines()]
    assert [one.get("gpu_problems") for one in lines] == [None, [{"gpu": ADDRESS, "what": "Xid 79"}]]


@pytest.mark.parametrize("end", [End(), End(gpu_problems=["What the follower said."])])
def test_the_record_has_them_among_its_warnings(end: End) -> None:
    jobs = [job(0, state="succeeded", gpu=xid_seen(63)), job(1, state="succeeded")]
    warnings = record_of({**SAID}, RANKS, seen(*jobs), {}, [], end)["warnings"]
    assert warnings == (list(end.gpu_problems) or warnings) and len(warnings) == 1
    assert end.gpu_problems or warnings[0].startswith(f"Rank 0 on host a: {LABEL}: Xid 63 once")


def test_a_second_look_at_a_job_that_has_ended_changes_no_warning() -> None:
    jobs = [job(0, state="succeeded"), job(1, state="succeeded")]
    first = record_of({**SAID}, RANKS, seen(*jobs), {}, [], End("", ["What the follower said."]))
    assert record_of({**SAID}, RANKS, seen(*jobs), first) == first
    jobs[0]["gpu"] = xid_seen(63)
    assert record_of({**SAID}, RANKS, seen(*jobs), first)["warnings"] == first["warnings"]


def test_the_status_shows_them() -> None:
    described: dict[str, Any] = {**job(0), "name": "sft", "silent_seconds": 1.0, "gpu": HOT, "progress": {}}
    found = status("t", {"gpu-01": {"jobs": [described]}})
    assert found["table"][-1].startswith(f"sft rank 0 on gpu-01: {LABEL}: it is too hot")
    assert LABEL in found["summary"][0] and found["rows"][0]["gpu_problems"][0].startswith(LABEL)


def test_an_observation_by_an_agent() -> None:
    assert described_rank("gpu-01", 0, {"gpu": HOT}, 0, "").gpu == HOT
    assert described_rank("gpu-01", 0, {}, 0, "").gpu == {}
