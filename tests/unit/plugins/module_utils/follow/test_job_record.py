# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is kept of a job on the controller."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.job_record import (
    End,
    close,
    closed,
    layers_digest,
    record_of,
)
from ansible_collections.distrain.cluster.tests.unit.support.job_hostvars import RANKS, SAID, job, seen


def record(*jobs: dict[str, Any] | None, failure: str = "", **said: Any) -> dict[str, Any]:
    kept = said.pop("kept", {})
    return record_of({**SAID, **said}, RANKS, seen(*jobs), kept, ["HF_TOKEN"], End(failure))


def test_a_job_that_runs_is_described_without_its_secrets() -> None:
    found = record(job(0), job(1))
    assert "hidden" not in json.dumps(found)
    assert found["schema"] == 1 and found["outcome"] == "running" and found["ended"] is None
    assert found["attempt"] == "monday" and found["began"] == 100.0 and found["command"] == ["torchrun", "0"]
    assert found["image"] == {
        "name": "distrain/t:1",
        "layers_digest": layers_digest(["sha256:1", "sha256:2"]),
        "labels": {"io.distrain.commit": "e3d8"},
    }
    assert found["hosts"][1] == {
        "host": "b",
        "rank": 1,
        "processes": 8,
        "container": "t-b",
        "image_id": "sha256:9",
        "engine": "26.1.5",
        "kernel": "6.12",
        "driver": "535.104.05",
        "gpus": 8,
        "interface": "eth0",
    }


DONE = {"state": "succeeded", "exit_code": 0, "ended": 160.0}
LOSSES = {"progress": {"step": 40, "loss": 4.0, "first_loss": 6.2}}


@pytest.mark.parametrize(
    ("jobs", "failure", "outcome", "message"),
    [
        ((job(0, **DONE, **LOSSES), job(1, **DONE)), "", "succeeded", ""),
        ((job(0, **DONE), job(1)), "", "running", ""),
        ((job(0), None), "", "running", ""),
        ((job(0, **DONE), None), "", "running", ""),
        ((job(0), None), "Host b does not answer.", "running", "Host b does not answer."),
        ((job(0, state="stopped"), None), "Host b does not answer.", "failed", "Host b does not answer."),
        ((job(0, state="stopped"), job(1, state="stopped")), "", "stopped", "It was stopped."),
        ((job(0, state="stopped"), job(1, state="stopped")), "It took too long.", "failed", "It took too long."),
        (
            (job(0, state="stopped"), job(1, state="failed", exit_code=3)),
            "",
            "failed",
            "Rank 1 on host b ended with exit code 3.",
        ),
        ((job(0, state="lost"), job(1, **DONE)), "", "failed", "Rank 0 on host a is gone without an exit code."),
    ],
)
def test_the_outcome_of_a_job(jobs: Any, failure: str, outcome: str, message: str) -> None:
    found = record(*jobs, failure=failure)
    assert (found["outcome"], found["message"]) == (outcome, message)
    assert (found["ended"] is None) or outcome != "running"


@pytest.mark.parametrize(
    ("jobs", "outcome", "message"),
    [
        ((job(0, **DONE), job(1, state="lost")), "succeeded", "It has ended without b."),
        ((job(0, **DONE), None), "succeeded", "It has ended without b."),
        ((job(0, **DONE), job(1, **DONE)), "succeeded", ""),
        ((job(0), job(1, state="lost")), "running", ""),
        ((job(0, state="lost"), job(1, **DONE)), "failed", "Rank 0 on host a is gone without an exit code."),
    ],
)
def test_an_elastic_job_that_its_first_rank_has_brought_to_its_end(jobs: Any, outcome: str, message: str) -> None:
    found = record(*jobs, launcher="torchrun_elastic")
    assert (found["outcome"], found["message"]) == (outcome, message)


def test_the_results_come_from_what_the_hosts_say() -> None:
    assert record(job(0, **DONE, **LOSSES), job(1, **DONE))["results"] == {
        "world_size": 16,
        "first_loss": 6.2,
        "last_loss": 4.0,
        "last_grad_norm": None,
        "diverged": None,
        "steps": 40,
        "steps_per_second": None,
        "samples_per_step": None,
        "seconds": 60.0,
    }


def test_a_record_that_is_there_is_closed_and_another_attempt_leaves_it() -> None:
    began = record(job(0), job(1))
    stopped = [job(rank, state="stopped", ended=130.0) for rank in (0, 1)]
    by_host = dict(zip(("a", "b"), stopped, strict=True))
    found = closed(began, by_host)
    assert (found["outcome"], found["ended"]) == ("stopped", 130.0)
    assert close(found, by_host) == found
    other = [job(rank, state="stopped", attempt="tuesday") for rank in (0, 1)]
    assert closed(began, dict(zip(("a", "b"), other, strict=True))) == began


def test_a_plan_that_was_made_since_is_no_part_of_the_attempt() -> None:
    jobs = job(0, **DONE), job(1, **DONE)
    kept = record(*jobs)
    assert record(*jobs, kept=kept, plan=["another"]) == kept
    again = record(job(0, attempt="tuesday"), job(1, attempt="tuesday"), kept=kept, plan=["another"])
    assert (again["attempt"], again["plan"], again["outcome"]) == ("tuesday", ["another"], "running")
