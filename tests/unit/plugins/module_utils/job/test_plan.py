# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done with a job, on one host and over all of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.job import plan as job_plan
from ansible_collections.distrain.cluster.plugins.module_utils.job.plan import Job

RECORD = {"attempt": "monday", "digest": "sha256:1"}
ABSENT = Job()
RUNNING = Job(RECORD, alive=True)
SUCCEEDED = Job(RECORD, exit_code=0)
FAILED = Job(RECORD, exit_code=1)
STOPPED = Job(RECORD, exit_code=143, was_stopped=True)
KILLED = Job(RECORD, was_stopped=True)
LOST = Job(RECORD)


def wanted(**changes: Any) -> dict[str, Any]:
    return {
        "state": "started",
        "attempt": "tuesday",
        "again": False,
        "command": ["true"],
        "settings": None,
    } | changes


@pytest.mark.parametrize(
    ("job", "state"),
    [
        (ABSENT, "absent"),
        (RUNNING, "running"),
        (SUCCEEDED, "succeeded"),
        (FAILED, "failed"),
        (STOPPED, "stopped"),
        (KILLED, "stopped"),
        (LOST, "lost"),
        (Job(RECORD, alive=True, exit_code=0), "succeeded"),
        (Job(RECORD, exit_code=0, was_stopped=True), "succeeded"),
    ],
)
def test_the_state_of_a_job(job: Job, state: str) -> None:
    assert job.state == state


@pytest.mark.parametrize(
    ("job", "changes", "verbs"),
    [
        (ABSENT, {}, ["start"]),
        (RUNNING, {}, []),
        (RUNNING, {"again": True}, []),
        (SUCCEEDED, {}, []),
        (SUCCEEDED, {"again": True}, ["start"]),
        (SUCCEEDED, {"again": True, "attempt": "monday"}, []),
        (FAILED, {}, ["start"]),
        (FAILED, {"attempt": "monday"}, []),
        (STOPPED, {}, ["start"]),
        (LOST, {}, ["start"]),
        (LOST, {"attempt": "monday"}, []),
        (RUNNING, {"state": "stopped"}, ["stop"]),
        (Job(RECORD, alive=True, exit_code=1), {"state": "stopped"}, ["stop"]),
        (Job(alive=True), {"state": "stopped"}, ["stop"]),
        (ABSENT, {"state": "stopped"}, []),
        (SUCCEEDED, {"state": "stopped"}, []),
        (LOST, {"state": "stopped"}, []),
        (Job(RECORD, has_launch_files=True), {"state": "stopped"}, ["stop"]),
    ],
)
def test_the_steps_on_one_host(job: Job, changes: dict[str, Any], verbs: list[str]) -> None:
    plan = job_plan.plan(job, wanted(**changes))
    assert [step.verb for step in plan.steps] == verbs
    assert (plan.before != plan.after) == bool(verbs)


def test_the_environment_and_the_secrets_are_in_no_diff() -> None:
    plan = job_plan.plan(ABSENT, wanted(environment={"A": "hidden"}, secrets={"TOKEN": "hidden"}))
    assert "hidden" not in repr(plan)


@pytest.mark.parametrize(
    ("states", "again", "decision"),
    [
        (["absent", "absent"], False, "start"),
        (["running", "running"], False, "follow"),
        (["running", "failed"], False, "follow"),
        (["running", "succeeded"], True, "follow"),
        (["succeeded", "succeeded"], False, "none"),
        (["succeeded", "succeeded"], True, "start"),
        (["succeeded", "absent"], False, "none"),
        (["succeeded", "failed"], False, "start"),
        (["lost", "stopped"], False, "start"),
        (["absent", "failed"], False, "start"),
    ],
)
def test_the_ranks_start_all_together_or_not_at_all(states: list[str], again: bool, decision: str) -> None:
    by_host = {f"gpu-{number:02d}": state for number, state in enumerate(states, 1)}
    assert job_plan.decide(by_host, again, "sft") == decision


@pytest.mark.parametrize(
    ("states", "decision"),
    [
        (["succeeded", "lost"], "none"),
        (["running", "lost"], "follow"),
        (["lost", "succeeded"], "start"),
        (["failed", "failed"], "start"),
        (["absent", "absent"], "start"),
    ],
)
def test_an_elastic_job_is_done_when_its_first_rank_is(states: list[str], decision: str) -> None:
    by_host = {f"gpu-{number:02d}": state for number, state in enumerate(states, 1)}
    assert job_plan.decide(by_host, False, "sft", elastic_first="gpu-01") == decision


def test_a_host_that_joins_does_not_disturb_a_job_that_runs() -> None:
    with pytest.raises(PlanError, match="runs on gpu-01, but was never started on gpu-02"):
        job_plan.decide({"gpu-01": "running", "gpu-02": "absent"}, False, "sft")


@pytest.mark.parametrize(
    ("changed", "follow", "said"),
    [
        ({"gpu-01": False, "gpu-02": True}, True, "with other settings than these .they differ on gpu-02.*stop.yml"),
        ({"gpu-01": False, "gpu-02": True}, False, "with other settings than these"),
        (
            {"gpu-01": False, "gpu-02": False},
            False,
            "runs already on gpu-01, gpu-02, with these settings.*another name",
        ),
    ],
)
def test_a_job_that_runs_is_not_started_over(changed: dict[str, bool], follow: bool, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        job_plan.decide({"gpu-01": "running", "gpu-02": "running"}, True, "sft", changed, follow)
    states = {"gpu-01": "failed", "gpu-02": "succeeded"}
    assert job_plan.decide(states, False, "sft", changed, follow) == "start"


@pytest.mark.parametrize(
    ("job", "digest", "changed"),
    [(ABSENT, "sha256:2", False), (SUCCEEDED, "sha256:1", False), (SUCCEEDED, "sha256:2", True)],
)
def test_other_settings_are_noticed(job: Job, digest: str, changed: bool) -> None:
    assert job_plan.settings_changed(job, digest) == changed
