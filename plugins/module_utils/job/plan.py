# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the steps for a job on one host, and decide by the states of all hosts what to do with the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step

ABSENT, RUNNING, SUCCEEDED, FAILED, STOPPED, LOST = "absent", "running", "succeeded", "failed", "stopped", "lost"


@dataclass(frozen=True)
class Job:
    """One rank of a job on its host; ``record`` was written when it was started."""

    record: Mapping[str, Any] = field(default_factory=dict)
    alive: bool = False
    exit_code: int | None = None
    ended: float | None = None
    was_stopped: bool = False
    has_launch_files: bool = False

    @property
    def state(self) -> str:
        if not self.record:
            return ABSENT
        if self.exit_code is None:
            if self.alive:
                return RUNNING
            return STOPPED if self.was_stopped else LOST
        if self.exit_code == 0:
            return SUCCEEDED
        return STOPPED if self.was_stopped else FAILED


def plan(job: Job, params: Mapping[str, Any]) -> Plan:
    """Plan to start a job that is absent or has failed, or to stop one; a running or succeeded job is left alone."""
    before: dict[str, Any] = {"state": job.state}
    if params["state"] == "stopped":
        return _stop_plan(job)
    if not _is_to_start(job, params["attempt"], params["again"]):
        return Plan(before=before, after=before)
    after = {"state": RUNNING, "command": list(params["command"]), "settings": params["settings"]}
    return Plan(steps=(Step("start"),), before=before, after=after)


def _stop_plan(job: Job) -> Plan:
    """Plan to end its processes and remove the keys that a killed container leaves behind."""
    before = {"state": job.state, "processes": "some" if job.alive else "none", "launch_files": job.has_launch_files}
    if not job.alive and not job.has_launch_files:
        return Plan(before=before, after=before)
    state = STOPPED if job.state == RUNNING else job.state
    return Plan(
        steps=(Step("stop"),), before=before, after={"state": state, "processes": "none", "launch_files": False}
    )


def settings_changed(job: Job, digest: str) -> bool:
    """Whether the job was last started with other settings than those of this digest."""
    return bool(job.record) and job.record.get("digest") != digest


def _is_to_start(job: Job, attempt: str, again: bool) -> bool:
    if job.state == ABSENT:
        return True
    if job.state == RUNNING or job.record.get("attempt") == attempt:
        return False
    return again or job.state != SUCCEEDED


def decide(
    states: Mapping[str, str],
    again: bool,
    job_name: str,
    changed: Mapping[str, bool] | None = None,
    follow: bool = True,
    elastic_first: str = "",
) -> str:
    """Return C(start), C(follow) or C(none) for a job, by its state on every host; raise PlanError.

    Ranks are started all together or not at all. ``changed`` says on which hosts the job was last started with other
    settings than the wanted ones. ``elastic_first`` is the host with rank 0 of an elastic job, which may have succeeded
    without the others.
    """
    running = _hosts(states, RUNNING)
    absent = _hosts(states, ABSENT)
    if running and absent:
        raise PlanError(
            f"Job {job_name} runs on {', '.join(running)}, but was never started on {', '.join(absent)}. Wait for its "
            f"end, or {_stop_it(job_name)}, and then run this again."
        )
    if running:
        _refuse_to_start_over(running, job_name, [host for host, has in (changed or {}).items() if has], follow)
        return "follow"
    deciding = [elastic_first] if elastic_first else list(states)
    ended_badly = any(states[host] in (FAILED, STOPPED, LOST) for host in deciding)
    if again or ended_badly or len(absent) == len(states):
        return "start"
    return "none"


def _refuse_to_start_over(running: Sequence[str], job_name: str, changed: Sequence[str], follow: bool) -> None:
    remedy = f"{_stop_it(job_name)}, or give this job another name with -e trainer_launch_job_name=NAME."
    if changed:
        raise PlanError(
            f"Job {job_name} runs already on {', '.join(running)}, and with other settings than these "
            f"(they differ on {', '.join(changed)}). Nothing was started: {remedy}"
        )
    if not follow:
        raise PlanError(
            f"Job {job_name} runs already on {', '.join(running)}, with these settings. Nothing was started: follow it "
            f"without trainer_launch_follow=false, {remedy}"
        )


def _stop_it(job_name: str) -> str:
    return f"stop it with playbooks/stop.yml -e trainer_launch_job_name={job_name}"


def _hosts(states: Mapping[str, str], state: str) -> Sequence[str]:
    return [host for host, its_state in states.items() if its_state == state]
