# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which ranks an elastic job goes on without, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..causes.diagnosis import Diagnosis
from ..job.ranks import Rank, is_failed


def departed(ranks: Sequence[Rank], min_hosts: int, patience: float) -> list[Rank]:
    """The ranks that are gone, where enough others train on. Zero ``min_hosts`` is a job that needs all of its hosts.

    Rank 0 is where the others find each other, so no job goes on without it. ``patience`` is for how many seconds a
    host may be out of sight.
    """
    gone = [rank for rank in ranks if is_failed(rank) or rank.unseen > patience]
    left = len(ranks) - len(gone)
    if not min_hosts or left < min_hosts or any(rank.rank == 0 for rank in gone):
        return []
    return gone


def shrunk(rank: Rank, ranks: Sequence[Rank], job_name: str) -> Diagnosis:
    """That the job goes on without this rank; ``ranks`` are those that are left."""
    hosts = ", ".join(left.host for left in ranks)
    text = f"Job {job_name} goes on without rank {rank.rank} on host {rank.host}, which is gone; left are {hosts}."
    return Diagnosis("shrunk", rank.host, rank.rank, text)
