# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages on a job whose training has diverged; C(progress.steps) decides whether it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..causes.diagnosis import Diagnosis
from ..job.plan import RUNNING
from ..job.ranks import Rank
from ..progress.steps import Divergence, divergence

DIVERGED = "diverged"


def divergence_notices(ranks: Sequence[Rank], job_name: str) -> list[Diagnosis]:
    """Return at most one diagnosis, of the first rank that shows that the training has diverged; the job goes on."""
    for rank in ranks:
        found = divergence(rank.progress, rank.state != RUNNING)
        if found:
            text = f"{sentence(found, f'The training of job {job_name}')} {_advice(job_name, rank.state == RUNNING)}"
            return [Diagnosis(DIVERGED, rank.host, rank.rank, text)]
    return []


def first_divergence(progress_and_state: Iterable[tuple[Mapping[str, Any], str]]) -> Divergence | None:
    """Return how the training has diverged by the first rank that shows it, or None."""
    found = (divergence(progress, state != RUNNING) for progress, state in progress_and_state)
    return next((one for one in found if one), None)


def sentence(found: Divergence, subject: str = "The training") -> str:
    """Return a sentence on the divergence, and one on the state of the weights."""
    # With a finite loss the weights are sound, since the loss scaler skips such steps.
    sound = "The weights have hardly changed since then."
    return f"{subject} has {found}. {'Its weights are of no use from there on.' if found.has_loss else sound}"


def as_data(found: Divergence | None) -> dict[str, Any] | None:
    """Return the divergence as a dictionary for JSON, or None."""
    if found is None:
        return None
    return {
        "step": found.step,
        "is_exact": found.is_exact,
        "steps": found.steps,
        "loss": found.loss,
        "grad_norm": found.grad_norm,
        "words": str(found),
    }


def _advice(job_name: str, runs: bool) -> str:
    stop = f"Stop it with playbooks/stop.yml -e trainer_launch_job_name={job_name}, and start" if runs else "Start"
    return f"{stop} again from a checkpoint before that step, with a lower learning rate or without fp16."
