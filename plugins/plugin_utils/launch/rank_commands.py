# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The host of a rank, and the commands that open a shell in its container or show its log as it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .host import CONTAINER_DIRECTORY

# An image may have no bash.
_SHELL = 'exec "$(command -v bash || echo sh)"'


def host_of_rank(
    answers: Mapping[str, Mapping[str, Any]], job_name: str, rank: int, hosts: Sequence[str], first: str
) -> str:
    """Return the host of a rank by what the hosts say of the job's newest attempt; raise PlanError where there is none.

    ``answers`` are by host; one without C(jobs) could not be asked. Where no host knows the job, ``first`` would have
    rank 0, and the others of ``hosts`` follow in their order.
    """
    rows = [
        (host, job) for host, answer in answers.items() for job in answer.get("jobs", ()) if job["name"] == job_name
    ]
    if rows:
        newest = max(rows, key=lambda row: row[1].get("started") or 0)[1].get("attempt")
        ranks = {job["rank"]: host for host, job in rows if job.get("attempt") == newest and job["rank"] is not None}
    else:
        ordered = [host for host in hosts if host == first] + [host for host in hosts if host != first]
        ranks = dict(enumerate(ordered))
    if rank in ranks:
        return ranks[rank]
    known = ", ".join(f"{number} on host {host}" for number, host in sorted(ranks.items())) or "none"
    silent = [host for host, answer in answers.items() if "jobs" not in answer]
    unseen = f" No answer came from {', '.join(silent)}." if silent else ""
    raise PlanError(
        f"Job {job_name} has no rank {rank}. Its ranks are {known}.{unseen} Give one of them with -e rank=N."
    )


def shell_in(container: str) -> list[str]:
    """Return the command that opens a shell in the container, run on its host at a terminal."""
    return ["docker", "exec", "-it", container, "sh", "-c", _SHELL]


def follow_log(container: str, job_name: str, lines: int) -> list[str]:
    """Return the command that shows the log of the container's rank from its last ``lines`` on, run on its host.

    The log is read inside the container, whose links lead nowhere else there. With a terminal Ctrl-C ends it there too.
    """
    path = f"{CONTAINER_DIRECTORY}/logs/{job_name}/log"
    return ["docker", "exec", "-it", container, "tail", "-n", str(lines), "-F", path]
