# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of jobs, their summary, and the ends of their logs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.status import log_lines, status
from ansible_collections.distrain.cluster.plugins.plugin_utils.job.reliability import Reliability

PROGRESS = {
    "step": 12,
    "total": 120,
    "loss": 5.9312,
    "grad_norm": 1.25,
    "remaining_seconds": 41.0,
    "samples_per_second": 10.94,
}
GONE = {"unreachable": True, "msg": "Failed to connect\n to the host"}


def job(rank: int, **changes: Any) -> dict[str, Any]:
    return {
        "name": "sft",
        "state": "running",
        "exit_code": None,
        "attempt": "monday",
        "rank": rank,
        "started": 100.0 + rank,
        "silent_seconds": 1.0,
        "progress": {},
        "cpu_percent": 98.5,
        "memory_bytes": 1_063_256_064,
        "last_lines": [f"said by {rank}"],
    } | changes


def test_the_table_lines_up_and_an_unreachable_host_is_named() -> None:
    answers = {"gpu-01": {"jobs": [job(0, progress=PROGRESS)]}, "gpu-02": {"jobs": [job(1)]}, "gpu-03": GONE}
    found = status("llama-factory", answers)
    assert found["table"] == [
        "job  host    rank  state    step    loss   grad norm  rate            left   busy      memory   silent",
        "sft  gpu-01  0     running  12/120  5.931  1.25       10.9 samples/s  00:41  cpu 98 %  1.06 GB  00:01",
        "sft  gpu-02  1     running  -       -      -          -               -      cpu 98 %  1.06 GB  00:01",
        "gpu-03 did not answer: Failed to connect to the host",
    ]
    assert found["summary"] == [
        "llama-factory sft: running, step 12/120, loss 5.931, grad norm 1.25, 10.9 samples/s, 00:41 left, ranks 2; "
        "no answer from gpu-03"
    ]
    assert found["unseen"] == {"gpu-03": "Failed to connect to the host"}
    assert found["rows"][0]["remaining"] == 41.0 and found["rows"][1]["step"] is None


@pytest.mark.parametrize(
    ("answers", "summary"),
    [
        ({"a": {"jobs": []}, "b": {"jobs": []}}, ["t: no job is known on a, b"]),
        ({"a": GONE}, ["t: no job is known on any host; no answer from a"]),
        (
            {"a": {"jobs": [job(0, state="stopped")]}, "b": {"jobs": [job(1, state="failed", exit_code=3)]}},
            ["t sft: failed, 1 of 2 ranks failed"],
        ),
        (
            {"a": {"jobs": [job(0, state="succeeded", progress=PROGRESS)]}},
            ["t sft: succeeded, step 12/120, loss 5.931, grad norm 1.25, 10.9 samples/s, ranks 1"],
        ),
        # The one that runs stands first, then the one that was started last.
        (
            {
                "a": {
                    "jobs": [
                        job(0, name=name, state=state, started=began)
                        for name, state, began in [
                            ("old", "succeeded", 1.0),
                            ("new", "succeeded", 9.0),
                            ("runs", "running", 5.0),
                        ]
                    ]
                }
            },
            ["t runs: running, ranks 1", "t new: succeeded, ranks 1", "t old: succeeded, ranks 1"],
        ),
        # A host that was left out of the newest attempt has no rank in it.
        (
            {"a": {"jobs": [job(0, attempt="tuesday", started=500.0)]}, "b": {"jobs": [job(1)]}},
            ["t sft: running, ranks 1"],
        ),
    ],
)
def test_the_summary(answers: Any, summary: list[str]) -> None:
    assert status("t", answers)["summary"] == summary


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({"state": "failed", "exit_code": 1}, ["failed (1)"]),
        ({"gpu_percent": 97.0, "gpu_memory_bytes": 68_719_476_736}, ["gpu 97 %", "68.72 GB"]),
        ({"progress": PROGRESS | {"tokens_per_second": 51234.5}}, ["51234 tokens/s"]),
        ({"progress": {"step": 3, "steps_per_second": 0.25}}, ["0.25 steps/s", " 3 "]),
        ({"progress": PROGRESS | {"remaining_seconds": 7265.0}}, ["2:01:05"]),
    ],
)
def test_the_cells_of_a_row(changes: dict[str, Any], cells: list[str]) -> None:
    row = status("t", {"a": {"jobs": [job(0, **changes)]}})["table"][1]
    assert all(cell in row for cell in cells), row


@pytest.mark.parametrize(
    ("rank", "lines"),
    [
        (-1, ["==> sft, rank 0 on b: running", "said by 0", "==> sft, rank 1 on a: running", "said by 1"]),
        (1, ["==> sft, rank 1 on a: running", "said by 1"]),
        (7, ["No log of rank 7 of job sft is on a, b."]),
    ],
)
def test_the_ends_of_the_logs(rank: int, lines: list[str]) -> None:
    answers = {"a": {"jobs": [job(1), job(0, name="other")]}, "b": {"jobs": [job(0)]}}
    assert log_lines(answers, "sft", rank) == lines


def test_an_unreachable_log_is_named() -> None:
    assert log_lines({"a": GONE}, "sft", -1) == ["==> a did not answer: Failed to connect to the host"]


def test_how_often_to_save_is_said_of_jobs_that_run() -> None:
    saved = {"checkpoint_seconds": 3.0, "checkpoint_every": 200}
    rows = [job(0, progress={**PROGRESS, "steps_per_second": 2.0}, **saved), job(1)]
    answers = {"gpu-01": {"jobs": [rows[0], job(0, name="old", state="succeeded")]}, "gpu-02": {"jobs": [rows[1]]}}
    known = Reliability(1, 7200.0, 60.0, 1)
    assert status("t", answers, {}, known)["table"][-1] == (
        "sft: Saving every 2 min 25 s (290 steps) loses least, 5.6 % of the time (Daly 2006): a checkpoint takes "
        "3.0 s, a restart 1 min 00 s, and a job on 2 hosts fails once in 1 h 00 min (failures seen: 1). Now it "
        "saves every 1 min 40 s (200 steps), which loses 5.9 %."
    )
    ended = {"gpu-01": {"jobs": [job(0, state="succeeded")]}}
    unknown = "sft: How often to save is unknown: no checkpoint was measured and no failure was seen in 0 s."
    assert status("t", ended, {}, Reliability())["table"][-1] == unknown
    assert not any("save" in line for line in status("t", answers)["table"])


@pytest.mark.parametrize(
    ("checkpoints", "note"),
    [
        ({}, ""),
        ({"whole": "", "copied": ""}, ""),
        ({"whole": "checkpoint-40", "is_spread": False}, "; has checkpoint-40 whole"),
        (
            {"whole": "checkpoint-40", "copied": "checkpoint-20", "is_spread": True},
            "; has checkpoint-40 whole, its parts on the disks of all hosts together, without a copy of them",
        ),
        (
            {"whole": "checkpoint-4", "copied": "checkpoint-4", "is_spread": True},
            "; has checkpoint-4 whole, its parts on the disks of all hosts together, "
            "and a copy of each on the next host",
        ),
    ],
)
def test_which_checkpoint_is_whole_is_told_by_the_keeper(checkpoints: dict[str, Any], note: str) -> None:
    state = {"phase": "following", "attempt": "monday", "checkpoints": checkpoints}
    keepers = {"sft": {"host": "gpu-01", "active": True, "state": state}}
    found = status("llama-factory", {"gpu-01": {"jobs": [job(0)]}}, keepers=keepers)
    assert found["summary"] == [f"llama-factory sft: running, ranks 1; is kept by gpu-01{note}"]
