# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job followed to its end, with a clock that takes no time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.causes.diagnosis import find_cause
from ansible_collections.distrain.cluster.plugins.module_utils.causes.end_order import Clock
from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import JobContext
from ansible_collections.distrain.cluster.plugins.module_utils.follow.follower import StepRate
from ansible_collections.distrain.cluster.plugins.module_utils.job import ranks as follow_plan
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.plugins.module_utils.progress.reading import read_progress
from ansible_collections.distrain.cluster.tests.unit.support.job_stage import Stage, rank


def test_it_ends_when_all_ranks_have_succeeded() -> None:
    progress = {"step": 12, "total": 40, "loss": 5.931, "remaining_seconds": 41.0}
    stage = Stage(
        [rank(0), rank(1)],
        [rank(0, progress=progress), rank(1)],
        [rank(0, "succeeded", progress=progress), rank(1)],
        [rank(0, "succeeded", progress=progress), rank(1, "succeeded")],
    )
    assert len(stage.follower().follow()) == 2
    assert stage.shown == [
        "llama-factory sft  starting  ranks 2/2",
        "llama-factory sft  step 12/40  loss 5.93  00:41 left  ranks 2/2",
    ]


def test_a_job_that_stands_is_shown_again_after_a_while() -> None:
    stage = Stage(*[[rank(0)]] * 8, [rank(0, "succeeded")])
    stage.follower().follow()
    assert stage.shown == ["llama-factory sft  starting  ranks 1/1"] * 2


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    pace = StepRate()
    assert [pace.update(now, step) for now, step in ((0, None), (10, 0), (14, 8), (14, 8))] == [None, None, 2.0, 2.0]
    assert pace.update(60, 100) == 2.0
    assert pace.update(90, 160) == 2.0
    assert pace.update(100, 300) == 5.0
    assert pace.update(80, 1) is None, "the job has begun again"
    line = follow_plan.progress_line("t", "j", [rank(0, progress={"step": 2, "total": 9})], 0.4)
    assert line == "t j  step 2/9  2.5 s/step  ranks 1/1"


@pytest.mark.parametrize(
    ("more", "samples_per_step", "words"),
    [
        ({}, 32, "2.0 steps/s  64 samples/s"),
        ({"samples_per_step": 8}, 32, "2.0 steps/s  16 samples/s"),
        ({"samples_per_second": 61.5, "samples_per_step": 32}, 32, "2.0 steps/s  61.5 samples/s"),
        ({"samples_per_second": 61.5, "tokens_per_second": 51234.5}, 0, "2.0 steps/s  51234 tokens/s"),
        ({"samples_per_second": None}, 0, "2.0 steps/s"),
    ],
)
def test_the_line_shows_tokens_or_samples_where_they_are_known(
    more: dict[str, Any], samples_per_step: int, words: str
) -> None:
    ranks = [rank(0, progress={"step": 2, "total": 9} | more)]
    assert follow_plan.progress_line("t", "j", ranks, 2.0, samples_per_step) == f"t j  step 2/9  {words}  ranks 1/1"


def test_a_host_that_joined_later_is_no_part_of_the_job() -> None:
    assert [one.host for one in Stage([rank(0, "succeeded"), rank(1, "absent")]).follower().follow()] == ["gpu-01"]
    with pytest.raises(ClusterError, match="started on no host"):
        Stage([rank(0, "absent")]).follower().follow()


def test_the_cause_is_named_and_the_others_are_stopped() -> None:
    failed = rank(1, "failed", exit_code=1, ended=5.0, last_lines=["RuntimeError: the disk is on fire"])
    follower = (stage := Stage([rank(0), rank(1)], [rank(0), failed])).follower()
    with pytest.raises(ClusterError) as caught:
        follower.follow()
    assert "Rank 1 of job sft on host gpu-02 ended with exit code 1" in caught.value.message
    assert "the disk is on fire" in caught.value.message
    assert caught.value.details == {"failed_host": "gpu-02", "finding": "exited", "retryable": False}
    assert stage.stopped == ["gpu-01"]


def test_the_clocks_of_those_that_failed_are_asked_for_their_order() -> None:
    lost = {"exit_code": 1, "last_lines": ["RuntimeError: Connection closed by peer"]}
    stage = Stage([rank(0, "failed", ended=100.0, **lost), rank(1, "failed", ended=150.0, **lost), rank(2)])
    follower = stage.follower(grace=0)
    asked: list[list[str]] = []

    def clocks(ranks: Sequence[Rank]) -> dict[str, Clock]:
        asked.append([one.host for one in ranks])
        return {"gpu-01": Clock(0.0, 0.1), "gpu-02": Clock(90.0, 0.1)}

    follower.clocks = clocks
    with pytest.raises(ClusterError, match="Rank 1 of job sft on host gpu-02") as caught:
        follower.follow()
    assert asked == [["gpu-01", "gpu-02"]]
    assert caught.value.details == {"failed_host": "gpu-02", "finding": "connection_lost", "retryable": True}
    assert "(It ended first.)" in caught.value.message


@pytest.mark.parametrize(
    ("ranks", "host"),
    [
        ([rank(0, "failed", ended=2.0), rank(1, "failed", ended=1.0)], "gpu-02"),
        ([rank(0, "stopped", ended=1.0), rank(1, "failed", ended=2.0)], "gpu-02"),
        ([rank(0, "failed", ended=1.0, last_lines=["Broken pipe"]), rank(1, "lost")], "gpu-02"),
        ([rank(0, "failed", last_lines=["ncclRemoteError"]), rank(1, "failed", last_lines=["sigterm"])], "gpu-01"),
        ([rank(0, "succeeded"), rank(1, "running")], None),
    ],
)
def test_the_rank_that_made_the_job_fail(ranks: list[Rank], host: str | None) -> None:
    cause = find_cause(ranks, "sft", JobContext())
    assert (cause.host if cause else None) == host


VICTIM = rank(0, "failed", exit_code=1, ended=4.0, last_lines=["[gloo] Connection closed by peer [10.77.0.9]"])
CAUSE = rank(1, "failed", exit_code=137, ended=6.0, last_lines=["Killed"])
UNSEEN = [rank(0, unseen=700, unseen_because="no route"), rank(1, unseen=700)]


@pytest.mark.parametrize(
    ("scenes", "said", "stopped"),
    [
        ([[VICTIM, rank(1)], [VICTIM, rank(1)], [VICTIM, CAUSE]], "host gpu-02 ended with exit code 137", []),
        (
            [[rank(0), rank(1, "lost", container_state="exited")]],
            "gpu-02 is gone: its container has exited",
            ["gpu-01"],
        ),
        ([UNSEEN], "was left as it is", []),
    ],
    ids=["a lost connection is not the cause", "a stopped container", "a job of which nothing is seen"],
)
def test_who_is_named_and_who_is_stopped(scenes: list[list[Rank]], said: str, stopped: list[str]) -> None:
    stage = Stage(*scenes)
    with pytest.raises(ClusterError, match=said):
        stage.follower().follow()
    assert stage.stopped == stopped


def test_an_unreachable_host_is_named_waited_for_and_given_up(tmp_path: Path) -> None:
    unseen = [[rank(0), rank(1, unseen=seconds, unseen_because="no route")] for seconds in (15, 26, 40, 601)]
    stage = Stage(*unseen)
    with pytest.raises(ClusterError, match=r"host gpu-02 has not answered for 601 s \(no route\)") as caught:
        stage.follower(tmp_path / "events").follow()
    assert caught.value.details == {"failed_host": "gpu-02", "finding": "host_gone", "retryable": True}
    assert stage.stopped == ["gpu-01"]
    assert stage.now == 15, "it was named as soon as it had not answered for 25 s"
    assert len(stage.warned) == 1 and "has not answered for 26 s" in stage.warned[0]
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "events").read_text().splitlines()]
    assert kinds == ["phase", "finding", "finding", "stopped", "ended"]
    assert (tmp_path / "events").stat().st_mode & 0o777 == 0o600


def test_a_host_that_comes_back_was_never_lost() -> None:
    stage = Stage([rank(0), rank(1, unseen=30)], [rank(0), rank(1)], [rank(0, "succeeded"), rank(1, "succeeded")])
    assert len(stage.follower().follow()) == 2


def test_all_hosts_are_waited_for_before_a_new_start() -> None:
    lost = rank(1, "lost", unseen=0)
    scenes = [
        [rank(0), lost],
        [rank(0, "stopped"), rank(1, "lost", engine_answers=False)],
        [rank(0, "stopped"), rank(1, "lost", host_restarted=True)],
    ]
    follower = (stage := Stage(*scenes)).follower(grace=0)
    follower.waits_for_return = True
    with pytest.raises(ClusterError) as caught:
        follower.follow()
    assert caught.value.details["retryable"] is True
    assert "may still run" not in caught.value.message
    assert stage.stopped == ["gpu-01"]


def test_a_host_that_does_not_come_back_is_named() -> None:
    stage = Stage([rank(0, "failed", last_lines=["Connection closed by peer"]), rank(1, unseen=30)])
    follower = stage.follower(lost=60)
    follower.waits_for_return = True
    with pytest.raises(ClusterError) as caught:
        follower.follow()
    assert caught.value.details["retryable"] is False
    assert caught.value.details["absent_hosts"] == ["gpu-02"]
    assert "started again once host gpu-02" in stage.warned[-1]


def test_the_lost_host_is_the_cause_and_not_the_rank_that_lost_it() -> None:
    stage = Stage([rank(0, "failed", last_lines=["Connection closed by peer"]), rank(1, unseen=20)])
    with pytest.raises(ClusterError, match="host gpu-02 has not answered") as caught:
        stage.follower().follow()
    assert "It may still run on gpu-02, where it could not be stopped" in caught.value.message


def test_silence_is_reported_once_with_the_rank_that_differs_and_a_timeout_stops_the_job() -> None:
    stage = Stage(
        [rank(0, silent_seconds=2000), rank(1, silent_seconds=1900)],
        [rank(0, silent_seconds=2001), rank(1, silent_seconds=2002)],
    )
    with pytest.raises(ClusterError, match="had not ended after 60 s"):
        stage.follower(timeout=60, start_silence=1000).follow()
    assert stage.stopped == ["gpu-01", "gpu-02"]
    assert len(stage.warned) == 1 and "2000 s" in stage.warned[0]
    assert "rank 1 on host gpu-02 is stopped by a signal" in stage.warned[0]


def test_progress_survives_lines_that_are_cut() -> None:
    first = ['{"current_steps": 1, "total_steps": 4, "loss": 6.21}', '{"current_st']
    latest = [
        'oss": 1}',
        '{"current_steps": 3, "loss": 4.5, "remaining_time": "0:00:05"}',
        '{"current_steps": 4}',
        "[]",
    ]
    progress = read_progress(first, latest)
    assert (progress["first_loss"], progress["loss"], progress["step"]) == (6.21, 4.5, 4)
    assert read_progress([], []) == {}


@pytest.mark.parametrize("lost", [rank(1, "lost"), rank(1, "failed", exit_code=1), rank(1, unseen=26.0)])
def test_an_elastic_job_goes_on_without_a_host_that_is_lost(lost: Rank, tmp_path: Path) -> None:
    stage = Stage([rank(0), lost, rank(2)], [rank(0, "succeeded"), lost, rank(2, "succeeded")])
    follower = stage.follower(tmp_path / "events.jsonl")
    follower.min_hosts = 2
    assert [left.host for left in follower.follow()] == ["gpu-01", "gpu-03"]
    said = "Job sft goes on without rank 1 on host gpu-02, which is gone; left are gpu-01, gpu-03."
    assert stage.warned == [said]
    assert said in (tmp_path / "events.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(("min_hosts", "lost"), [(3, 1), (2, 0), (0, 1)])
def test_an_elastic_job_fails_without_its_first_host_or_with_too_few(min_hosts: int, lost: int) -> None:
    stage = Stage([rank(number, "lost" if number == lost else "running") for number in range(3)])
    follower = stage.follower(grace=1)
    follower.min_hosts = min_hosts
    with pytest.raises(ClusterError, match=f"Rank {lost} of job sft"):
        follower.follow()


def test_a_host_whose_connection_has_just_ended_may_be_the_cause() -> None:
    """Its rank still counts as running; the others have ended because it was gone."""
    lost = rank(0, "failed", exit_code=1, last_lines=["RuntimeError: Connection closed by peer [10.0.0.2]:1234"])
    away = [lost, rank(1, unseen_because="the connection was reset")]
    back = [lost, rank(1, "lost", host_restarted=True)]
    stage = Stage(*[away] * 7, back)
    with pytest.raises(ClusterError) as ended:
        stage.follower(grace=4).follow()
    assert (ended.value.details["finding"], ended.value.details["failed_host"]) == ("host_restarted", "gpu-02")
    silent = Stage(*[away] * 30)
    with pytest.raises(ClusterError):
        silent.follower(grace=4, unseen=25).follow()
    assert silent.now < 30, "it is not waited for any longer"
