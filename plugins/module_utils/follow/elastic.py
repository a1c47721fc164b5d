# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide which ranks an elastic job goes on without."""

from __future__ import annotations

from collections.abc import Sequence

from ..causes.diagnosis import Diagnosis
from ..job.ranks import Rank, is_failed


def lost_ranks(ranks: Sequence[Rank], min_hosts: int, unseen_after: float) -> list[Rank]:
    """Return the ranks that are lost, where at least ``min_hosts`` others go on; 0 is a job that needs all hosts.

    No job goes on without rank 0, which hosts the rendezvous. A rank is lost whose host has not answered for
    ``unseen_after`` seconds.
    """
    gone = [rank for rank in ranks if is_failed(rank) or rank.unseen > unseen_after]
    left = len(ranks) - len(gone)
    if not min_hosts or left < min_hosts or any(rank.rank == 0 for rank in gone):
        return []
    return gone


def shrink_notice(rank: Rank, ranks: Sequence[Rank], job_name: str) -> Diagnosis:
    """Return the notice that the job goes on without this rank; ``ranks`` are those that are left."""
    hosts = ", ".join(left.host for left in ranks)
    text = f"Job {job_name} goes on without rank {rank.rank} on host {rank.host}, which is gone; left are {hosts}."
    return Diagnosis("shrunk", rank.host, rank.rank, text)
