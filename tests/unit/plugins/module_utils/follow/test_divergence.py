# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Training that was destroyed is distinguished from training that goes on, and everything that shows a job says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.divergence import as_data, divergence_notices
from ansible_collections.distrain.cluster.plugins.module_utils.follow.job_record import close
from ansible_collections.distrain.cluster.plugins.module_utils.follow.outcome import summary as job_summary
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank, progress_line
from ansible_collections.distrain.cluster.plugins.module_utils.progress.printed import read_printed
from ansible_collections.distrain.cluster.plugins.module_utils.progress.reading import complete, read_progress
from ansible_collections.distrain.cluster.plugins.module_utils.progress.steps import (
    OVERFLOWED_STEPS,
    divergence,
    number_of,
    without_nan,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.status import status
from ansible_collections.distrain.cluster.tests.unit.support.job_stage import Stage

NAN = "nan"
SOUND = (2.5, 1.25)
ZERO = (0.0, NAN)
SKIPPED = (2.5, "inf")
Logged = Sequence[tuple[Any, Any]]


def printed(logged: Logged, total: int = 1000) -> str:
    bars = (
        f"\r {step}%|#| {step}/{total} [00:10<00:20,  1.00it/s]{{'loss': {loss}, 'grad_norm': {norm}, 'epoch': 0.1}}\n"
        for step, (loss, norm) in enumerate(logged, 1)
    )
    return f"  Total optimization steps = {total}\n{''.join(bars)}"


def written(logged: Logged, first: int = 1) -> list[str]:
    return [
        json.dumps({"current_steps": step, "total_steps": 1000, "loss": None if loss is None else float(loss)})
        for step, (loss, _norm) in enumerate(logged, first)
    ]


def progress_of(logged: Logged) -> dict[str, Any]:
    lines = written(logged)
    return complete(read_progress(lines, lines), read_printed(printed(logged), printed(logged)))


@pytest.mark.parametrize(
    ("logged", "running", "ended"),
    [
        # transformers leaves nan out of the loss that it logs.
        ([SOUND, ZERO, ZERO, ZERO], *("diverged at step 2: loss 0, grad_norm nan in the last 3 logged steps",) * 2),
        ([SOUND, *[(NAN, NAN)] * 4], *("diverged at step 2: loss nan, grad_norm nan in the last 4 logged steps",) * 2),
        ([(NAN, 1.0)] * 3, *("diverged at step 1: loss nan in the last 3 logged steps",) * 2),
        (
            [SOUND, *[("inf", "inf")] * 3],
            *("diverged at step 2: loss inf, grad_norm inf in the last 3 logged steps",) * 2,
        ),
        # Too few while it runs, and the last word of a job that has ended.
        ([SOUND, ZERO, ZERO], None, "diverged at step 2: loss 0, grad_norm nan in the last 2 logged steps"),
        ([SOUND, SOUND, (NAN, NAN)], None, "diverged at step 3: loss nan, grad_norm nan in the last logged step"),
        # It has recovered: what was destroyed were not the weights.
        ([SOUND, ZERO, ZERO, ZERO, SOUND], None, None),
        ([SOUND, (NAN, NAN), (NAN, NAN), (NAN, NAN), SOUND], None, None),
        # fp16: the scaling of the loss skips steps, now and then and at the beginning.
        ([SOUND, (2.5, NAN), SOUND], None, None),
        ([SOUND, SOUND, (2.5, NAN)], None, None),
        ([SOUND, *[SKIPPED] * 5], None, None),
        ([*[SKIPPED] * 17, SOUND], None, None),
        ([SOUND, ZERO, SKIPPED, ZERO, SKIPPED], None, None),
        # Nothing but skipped steps: no weight was changed.
        (
            [SOUND, *[SKIPPED] * OVERFLOWED_STEPS],
            *("diverged at step 2: grad_norm inf in the last 20 logged steps",) * 2,
        ),
        ([SKIPPED] * 4, None, "diverged at step 1: grad_norm inf in the last 4 logged steps"),
        ([SKIPPED] * 2, None, None),
        # It learns, so that only the norm is wrong.
        ([(5.0 - step / 20, NAN) for step in range(60)], None, None),
        (
            [(2.5 + 0.01 * (step % 3), NAN) for step in range(21)],
            *("diverged at step 1: grad_norm nan in the last 21 logged steps",) * 2,
        ),
        # What proves nothing.
        ([(2.5, 1.0), (250.0, 9.0), (1e9, 1e12)], None, None),
        ([(0.0, 0.5)] * 9, None, None),
        ([(0.0, 0.0)] * 9, None, None),
        ([(-1.5, 0.5)] * 9, None, None),
        ([], None, None),
    ],
)
def test_what_has_diverged(logged: Logged, running: str | None, ended: str | None) -> None:
    progress = progress_of(logged)
    found = [divergence(progress, has_ended) for has_ended in (False, True)]
    assert [None if one is None else str(one) for one in found] == [running, ended]
    json.dumps(progress, allow_nan=False)


@pytest.mark.parametrize(
    ("logged", "words"),
    [
        ([(5.5, None)] * 3 + [(NAN, None)] * 5, "diverged at step 4: loss nan in the last 5 logged steps"),
        ([(5.5, None)] * 3 + [(0.0, None)] * 5, None),
        ([(5.5, None), (None, None), ("inf", None), (None, None), (NAN, None), (NAN, None)], "diverged at step 3: "),
    ],
)
def test_what_is_written_down_proves_it_too(logged: Logged, words: str | None) -> None:
    lines = written(logged)
    found = divergence(complete(read_progress(lines, lines), {}), False)
    assert str(found).startswith(words) if words else found is None


def test_where_it_began_before_what_is_read_is_said() -> None:
    first, latest = written([SOUND, SOUND]), written([(NAN, NAN)] * 5, 500)
    assert str(divergence(read_progress(first, latest), False)).startswith(
        "diverged at step 500 or before: loss nan in"
    )
    first = written([SOUND, (NAN, NAN)])
    assert str(divergence(read_progress(first, latest), False)).startswith("diverged at step 2: loss nan in the last 6")


def test_nan_is_shown_and_not_the_last_good_loss() -> None:
    running = Rank("a", 0, "running", progress=progress_of([SOUND, (NAN, NAN), (NAN, NAN)]))
    assert progress_line("t", "j", [running]) == "t j  step 3/1000  loss nan  grad_norm nan  00:20 left  ranks 1/1"
    assert "loss 2.50  grad_norm 1.25" in progress_line(
        "t", "j", [Rank("a", 0, "running", progress=progress_of([SOUND]))]
    )


DIVERGED = progress_of([SOUND, ZERO, ZERO, ZERO])
WORDS = "diverged at step 2: loss 0, grad_norm nan in the last 3 logged steps"


def job(state: str, progress: dict[str, Any]) -> dict[str, Any]:
    return {
        **{"name": "sft", "state": state, "exit_code": None, "attempt": "monday", "rank": 0, "started": 1.0},
        **{"silent_seconds": 1.0, "progress": progress, "ended": 9.0, "world_size": 2},
    }


def test_it_is_said_once_while_the_job_is_followed(tmp_path: Path) -> None:
    def scene(logged: Logged, state: str = "running") -> list[Rank]:
        return [Rank("gpu-01", 0, state, progress=progress_of(logged)), Rank("gpu-02", 1, state)]

    scenes = [scene([SOUND, *[ZERO] * many]) for many in (0, 1, 2, 3, 4, 5)]
    stage = Stage(*scenes, scene([SOUND, *[ZERO] * 6], "succeeded"))
    assert len(stage.follower(tmp_path / "events").follow()) == 2
    assert stage.warned == [
        f"The training of job sft has {WORDS}. Its weights are of no use from there on. Stop it with "
        "playbooks/stop.yml -e trainer_launch_job_name=sft, and start again from a checkpoint before that step, with a "
        "lower learning rate or without fp16."
    ]
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    said = [(one["kind"], one["host"]) for one in events if one["kind"] != "phase"]
    assert said == [("finding", "gpu-01"), ("ended", None)]


def test_a_short_job_that_ends_destroyed_is_reported_at_its_end() -> None:
    stage = Stage([Rank("gpu-01", 0, "running")], [Rank("gpu-01", 0, "succeeded", progress=progress_of([SOUND, ZERO]))])
    stage.follower().follow()
    assert len(stage.warned) == 1 and "Its weights are of no use from there on. Start again from a" in stage.warned[0]
    assert divergence_notices([Rank("gpu-01", 0, "succeeded", progress=progress_of([SOUND]))], "sft") == []


def test_steps_that_are_all_skipped_leave_the_weights_as_they_are() -> None:
    stage = Stage([Rank("gpu-01", 0, "succeeded", progress=progress_of([SKIPPED] * 4))])
    stage.follower().follow()
    assert "The weights have hardly changed since then. Start again" in stage.warned[0]


def test_the_one_line_of_the_job_ends_with_a_warning() -> None:
    outcome = {"hosts": ["a", "b"], "world_size": 2, "first_loss": 5.56, "last_loss": 0.0, "steps": 40}
    found = as_data(divergence(DIVERGED, True))
    whole = "a, b: world size 2, loss 5.56 -> 0.00 in 40 steps"
    assert job_summary(outcome, "") == whole
    assert (
        job_summary({**outcome, "diverged": found}, "x.png")
        == f"{whole}, plot x.png. WARNING: the training has {WORDS}"
    )
    lost = as_data(divergence(progress_of([SOUND, (NAN, NAN)]), True))
    assert "loss 5.56 -> nan in 40 steps. WARNING" in job_summary({**outcome, "last_loss": None, "diverged": lost}, "")


def test_the_status_says_it_in_the_table_and_in_the_summary() -> None:
    answers = {"a": {"jobs": [job("succeeded", DIVERGED)]}, "b": {"jobs": [{**job("succeeded", {}), "rank": 1}]}}
    found = status("t", answers)
    assert f"sft has {WORDS}" in found["table"]
    assert found["summary"] == [
        f"t sft: succeeded, step 4/1000, loss 0, grad norm nan, 1 steps/s, ranks 2; has {WORDS}"
    ]
    assert found["rows"][0]["diverged"]["step"] == 2 and found["rows"][1]["diverged"] is None
    json.dumps(found, allow_nan=False)


def test_the_record_keeps_it() -> None:
    record = {"attempt": "monday", "hosts": [{"host": "a"}], "outcome": "running"}
    closed = close(record, {"a": job("succeeded", DIVERGED)})
    assert closed["outcome"] == "succeeded"
    assert closed["warnings"] == [f"The training has {WORDS}. Its weights are of no use from there on."]
    assert closed["results"]["diverged"]["words"] == WORDS
    json.dumps(closed, allow_nan=False)
    assert close(record, {"a": job("succeeded", progress_of([SOUND]))})["warnings"] == []


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), ("1e-3", 0.001), ("x", None), ("1_0", None), (True, None), (None, None), ([1], None), ("9" * 99, None)],
)
def test_a_number_as_trainers_write_it(value: Any, number: float | None) -> None:
    assert number_of(value) == number
    assert (
        str(number_of("NaN")) == "nan"
        and number_of("-Infinity") == float("-inf")
        and number_of(10**400) == float("inf")
    )


def test_what_json_cannot_hold_is_left_out() -> None:
    assert without_nan({"a": [1.0, float("nan")], "b": (float("inf"), "x", None, True)}) == {
        "a": [1.0, None],
        "b": [None, "x", None, True],
    }
