# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of a job that nobody had to follow."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.outcome import outcome_of, summary
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.tests.unit.support.job_hostvars import job

DONE = {"state": "succeeded", "exit_code": 0, "ended": 160.0}
LOSSES = {"progress": {"step": 40, "loss": 4.0, "first_loss": 6.2}}


def outcome_by(jobs: dict[str, Any]) -> dict[str, Any]:
    """The outcome by the jobs as their hosts describe them, in the order of the ranks."""
    ranks = [Rank(host, one["rank"], one["state"], progress=one["progress"]) for host, one in jobs.items()]
    return outcome_of(ranks, jobs)


def test_a_job_that_has_succeeded_on_all_hosts() -> None:
    found = outcome_by({"a": job(0, **DONE, **LOSSES), "b": job(1, **DONE)})
    assert (found["outcome"], found["hosts"], found["world_size"]) == ("succeeded", ["a", "b"], 16)
    assert (found["first_loss"], found["last_loss"], found["steps"], found["seconds"]) == (6.2, 4.0, 40, 60.0)
    assert summary(found, "x.png") == "a, b: world size 16, loss 6.20 -> 4.00 in 40 steps, plot x.png"


@pytest.mark.parametrize("state", ["running", "failed", "absent"])
def test_a_job_that_has_not(state: str) -> None:
    assert outcome_by({"a": job(0, **DONE), "b": job(1, state=state)})["outcome"] == "pending"
