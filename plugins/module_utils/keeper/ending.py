# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the outcome of a job that did not run to its end, as C(trainer_job_follow) returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..job.plan import STOPPED
from ..job.ranks import Rank
from .beginning import NOT_STARTED


def of_unstarted(text: str, host: str) -> dict[str, Any]:
    """Return the outcome of a job of which an attempt could not be started, because of this host."""
    return {**_failed(text, NOT_STARTED, host), "gpu_problems": []}


def of_stopped(job: str, ranks: Sequence[Rank], gpu_problems: Sequence[str]) -> dict[str, Any]:
    """Return the outcome of a job that somebody wanted to end; the first rank's host stands for all."""
    outcome = _failed(f"Job {job} was stopped by playbooks/stop.yml.", STOPPED, ranks[0].host)
    states = {rank.host: rank.state for rank in ranks}
    return {**outcome, "states": states, "gpu_problems": list(gpu_problems), "restarts": {}}


def state_of(outcome: Mapping[str, Any]) -> str:
    """Return the state in which a job with this outcome has ended."""
    return STOPPED if outcome.get("finding") == STOPPED else str(outcome["outcome"])


def _failed(text: str, finding: str, host: str) -> dict[str, Any]:
    return {"outcome": "failed", "msg": text, "finding": finding, "retryable": False, "failed_host": host}
