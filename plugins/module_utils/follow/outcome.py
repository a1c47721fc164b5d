# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the outcome of a job over all its ranks, and the line that sums it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..job.ranks import Rank, all_succeeded
from .divergence import as_data, first_divergence


def outcome_of(ranks: Sequence[Rank], jobs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the ranks, and the jobs as their hosts describe them, say of the whole job."""
    progress = next((rank.progress for rank in ranks if rank.progress), {})
    times = [(job["started"], job["ended"]) for job in jobs.values() if job.get("started") and job.get("ended")]
    return {
        "outcome": "succeeded" if all_succeeded(ranks) else "pending",
        "states": {rank.host: rank.state for rank in ranks},
        "hosts": [rank.host for rank in ranks],
        "world_size": next((job["world_size"] for job in jobs.values() if job.get("world_size")), None),
        "first_loss": progress.get("first_loss"),
        "last_loss": progress.get("loss"),
        "last_grad_norm": progress.get("grad_norm"),
        "diverged": as_data(first_divergence((rank.progress, rank.state) for rank in ranks)),
        "steps": progress.get("step"),
        "seconds": round(max((ended - began for began, ended in times), default=0), 1),
    }


def summary(outcome: Mapping[str, Any], plot: str, restarts: Mapping[str, Any] | None = None) -> str:
    """Return one line on a job that has succeeded; it ends with a warning where the training has diverged."""
    parts = [f"{', '.join(outcome['hosts'])}: world size {outcome['world_size']}"]
    diverged = outcome.get("diverged")
    last = f"{outcome['last_loss']:.2f}" if outcome["last_loss"] is not None else (diverged or {}).get("loss")
    if outcome["first_loss"] is not None and last:
        parts.append(f"loss {outcome['first_loss']:.2f} -> {last} in {outcome['steps']} steps")
    parts += [restarts["note"]] if restarts and restarts["note"] else []
    if plot:
        parts.append(f"plot {plot}")
    line = ", ".join(parts)
    return f"{line}. WARNING: the training has {diverged['words']}" if diverged else line
