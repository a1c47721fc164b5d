# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When silence is a hang, who is named for it, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.follow.hang import (
    FINISHING,
    RESTART,
    STARTING,
    STOP,
    TRAINING,
    WARN,
    Silence,
    hang_of,
    phase_sentence,
)
from ansible_collections.distrain.cluster.plugins.module_utils.follow.stacks import Stack, stack_report
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.tests.unit.support.job_stage import Stage, rank

WAITS = 'Thread 7 (idle): "MainThread"\n    all_reduce (torch/distributed/c10d.py:2501)\n    main (train.py:12)'
READS = 'Thread 7 (idle): "MainThread"\n    read (data.py:88)\n    main (train.py:9)'


def pair(step: int | None = None, silent: float = 0.0, total: int = 100, **more: Any) -> list[Rank]:
    progress = {} if step is None else {"step": step, "total": total}
    return [rank(0, progress=progress, silent_seconds=silent, **more), rank(1, silent_seconds=silent, **more)]


@pytest.mark.parametrize(
    ("scenes", "phase", "limit"),
    [
        ([pair()], STARTING, 3600),
        ([pair(0), pair(0, 900)], STARTING, 3600),
        ([pair(20), pair(20)], STARTING, 3600),
        ([pair(0), pair(1)], TRAINING, 300),
        ([pair(), pair(20), pair(21)], TRAINING, 300),
        ([pair(99), pair(100)], FINISHING, 3600),
        ([pair(1), pair(1, 200), pair(2, 1)], TRAINING, 600),
        ([pair(None, 2000), pair(1, 1), pair(2, 1)], TRAINING, 300),
        ([pair(1), pair(1, 200, stopped_processes=[7]), pair(2, 1)], TRAINING, 300),
        ([pair(1), pair(1, 200, unseen=30.0), pair(2, 1)], TRAINING, 300),
    ],
    ids=[
        "nothing yet",
        "a bar at 0",
        "followed in the middle",
        "a step",
        "from a checkpoint",
        "the last step",
        "logs rarely",
        "a long start is no pause",
        "stopped by a signal",
        "out of reach",
    ],
)
def test_for_how_long_a_job_may_be_silent(scenes: Sequence[list[Rank]], phase: str, limit: float) -> None:
    silence = Silence(300, 3600)
    changed = [silence.observe(ranks) for ranks in scenes]
    assert (silence.phase, silence.limit, changed[0]) == (phase, limit, True)


@pytest.mark.parametrize(
    ("running", "silent", "limit"),
    [(4.0, 0.0, 300), (400.0, 0.0, 1200), (700.0, 300.0, 1200), (36_000.0, 10.0, 3600), (None, 0.0, 3600)],
    ids=["at once", "after a while", "and was not heard of since", "after hours", "not known when it began"],
)
def test_a_job_with_a_loss_has_made_a_step_at_an_unknown_pace(
    running: float | None, silent: float, limit: float
) -> None:
    silence = Silence(300, 3600)
    silence.observe([rank(0, progress={"step": 6, "loss": 2.0}, running_seconds=running, silent_seconds=silent)])
    assert (silence.phase, silence.limit) == (STARTING, limit)


@pytest.mark.parametrize(
    ("training", "otherwise", "limits"), [(0, 3600, (0, 0)), (300, 0, (0, 300)), (7200, 3600, (7200, 7200))]
)
def test_limits_that_are_off_or_longer(training: float, otherwise: float, limits: tuple[float, float]) -> None:
    silence = Silence(training, otherwise)
    silence.observe(pair(0))
    at_start = silence.limit
    silence.observe(pair(1))
    assert (at_start, silence.limit) == limits


@pytest.mark.parametrize(
    ("stacks", "more", "host", "words"),
    [
        (
            [Stack("gpu-01", 0, 5, "S", dump=WAITS), Stack("gpu-02", 1, 6, "S", dump=READS)],
            {},
            "gpu-02",
            "The process of rank 1 on host gpu-02 is in read (data.py:88); the others (of rank 0) are in the same "
            "place: one waits for the other ranks in all_reduce (called at train.py:12).",
        ),
        (
            [Stack("gpu-01", 0, 5, "S", dump=WAITS), Stack("gpu-02", 1, 6, "T")],
            {"stopped_processes": [6]},
            "gpu-02",
            "The process of rank 1 on host gpu-02 is stopped by a signal; the others",
        ),
        (
            [],
            {"container_state": "paused"},
            "gpu-02",
            "Rank 1 on host gpu-02 is suspended: its container is paused. Resume it with docker unpause.",
        ),
        ([], {}, "gpu-01", "Which rank the others wait for is not known."),
    ],
)
def test_the_rank_that_the_others_wait_for(stacks: list[Stack], more: dict[str, Any], host: str, words: str) -> None:
    ranks = [rank(0, silent_seconds=312.4), rank(1, silent_seconds=320.0, **more)]
    found = hang_of(ranks, stacks, "sft", True)
    assert (found.kind, found.host, found.retryable) == ("hang", host, True)
    begins = "Job sft hangs: no rank has printed anything or made a step for 312 s. "
    assert found.text.startswith(begins + words)


def test_what_is_kept_of_the_stacks_cannot_reach_the_terminal() -> None:
    stacks = [Stack("gpu-02", 1, 6, "T", "do_signal_stop"), Stack("gpu-01", 0, 5, "S", dump="a\x1b[2J\n  b (c:1)")]
    assert stack_report(stacks).splitlines()[0] == "==> rank 0 on host gpu-01, process 5: state S"
    assert "\x1b" not in stack_report(stacks)
    assert "process 6: state T, sleeps in do_signal_stop\n(py-spy gave no stack)" in stack_report(stacks)
    assert stack_report([]) == ""


HUNG = [pair(7), pair(8), pair(8, 31)]


@pytest.mark.parametrize(("on_hang", "retryable"), [(RESTART, True), (STOP, False)])
def test_a_hang_is_ended(on_hang: str, retryable: bool, tmp_path: Path) -> None:
    follower = (stage := Stage(*HUNG)).follower(tmp_path / "events.jsonl", silence=30)
    follower.on_hang = on_hang
    with pytest.raises(ClusterError, match="rank 1 on host gpu-02 is stopped by a signal") as caught:
        follower.follow()
    assert caught.value.details == {"failed_host": "gpu-02", "finding": "hang", "retryable": retryable}
    assert stage.stopped == ["gpu-01", "gpu-02"]
    kept = tmp_path / "stacks.txt"
    assert f"All stacks are in {kept}." in caught.value.message
    assert "process 77: state T" in kept.read_text() and kept.stat().st_mode & 0o777 == 0o600
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [one["kind"] for one in events] == ["phase", "phase", "finding", "stopped", "ended"]
    assert events[-1]["cause"] == "hang"


def test_a_job_that_goes_on_while_its_stacks_are_read_is_left_alone() -> None:
    ended = [rank(0, "succeeded"), rank(1, "succeeded")]
    follower = (stage := Stage(*HUNG, pair(9, 1), pair(9, 1), ended)).follower(silence=30)
    follower.on_hang = RESTART
    assert len(follower.follow()) == 2 and stage.stopped == []


def test_it_is_only_told_where_that_is_wanted() -> None:
    ended = [rank(0, "succeeded"), rank(1, "succeeded")]
    follower = (stage := Stage(*HUNG, pair(8, 60), pair(9, 1), ended)).follower(silence=30)
    assert follower.on_hang == WARN
    assert len(follower.follow()) == 2
    assert len(stage.warned) == 1 and "it may hang" in stage.warned[0] and stage.stopped == []


def test_a_slow_start_and_a_host_out_of_reach_are_no_hang() -> None:
    away = [rank(0, progress={"step": 8}, silent_seconds=40.0), rank(1, silent_seconds=40.0, unseen=20.0)]
    ended = [rank(0, "succeeded"), rank(1, "succeeded")]
    scenes = [pair(None, 900), pair(None, 1800), pair(7, 1), pair(8, 1), away, away, pair(9, 1), ended]
    follower = (stage := Stage(*scenes)).follower(silence=30)
    follower.on_hang = RESTART
    assert len(follower.follow()) == 2 and stage.stopped == []


def test_what_is_said_of_a_phase() -> None:
    silence = Silence(300, 3600)
    silence.observe(pair(0))
    said = phase_sentence(silence, "sft", WARN)
    assert said.endswith("3600 s is a hang from now on (trainer_launch_job_start_silence), which is reported.")
    silence.observe(pair(1))
    assert phase_sentence(silence, "sft", STOP) == (
        "Job sft trains. A silence of 300 s is a hang from now on (trainer_launch_job_silence), which ends it."
    )
    assert phase_sentence(Silence(0, 0, TRAINING), "sft", WARN).endswith("However long it is silent, that is no hang.")
