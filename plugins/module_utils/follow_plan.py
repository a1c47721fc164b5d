# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: how a job stands over all its ranks, which rank brought it down, and the line that shows its progress."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.job_plan import (
    ABSENT,
    FAILED,
    LOST,
    RUNNING,
    STOPPED,
    SUCCEEDED,
)

# What a healthy rank says when another one has gone. Such a rank is never the cause.
CONNECTION_LOST = re.compile(
    r"connection (was )?(closed|reset|refused)|broken pipe|connectionerror|connection failure|timed out waiting"
    r"|remote process exited|ncclremoteerror|ncclsystemerror|sockettimeout|socket timeout|recvvalue failed"
    r"|collective operation timeout|distnetworkerror|rendezvous\w*error|got signal: 15|sigterm",
    re.IGNORECASE,
)
TORCHRUN_REPORT = re.compile(r"torch[./]distributed[./]elastic.*failed \(exitcode")


@dataclass(frozen=True)
class Rank:
    """One rank as it was last seen; ``unseen`` is for how many seconds its host has not answered."""

    host: str
    rank: int
    state: str
    exit_code: int | None = None
    ended: float | None = None
    container_state: str = "running"
    last_lines: Sequence[str] = ()
    progress: Mapping[str, Any] = field(default_factory=dict)
    silent_seconds: float = 0
    unseen: float = 0
    unseen_because: str = ""


def is_failed(rank: Rank) -> bool:
    return rank.state in (FAILED, LOST, STOPPED)


def first_failed(ranks: Sequence[Rank]) -> Rank | None:
    """The rank that brought the job down: not one that only lost its connection; of the others, who ended first."""
    failed = [rank for rank in ranks if is_failed(rank)]
    return min(failed, key=_how_late, default=None)


def _how_late(rank: Rank) -> tuple[int, float, int]:
    only_followed = rank.state == STOPPED or (rank.state == FAILED and lost_its_connection(rank))
    return (int(only_followed), rank.ended if rank.ended is not None else float("inf"), rank.rank)


def lost_its_connection(rank: Rank) -> bool:
    return any(CONNECTION_LOST.search(line) for line in rank.last_lines)


def all_succeeded(ranks: Sequence[Rank]) -> bool:
    return bool(ranks) and all(rank.state == SUCCEEDED for rank in ranks)


def unseen_too_long(ranks: Sequence[Rank], patience: float) -> Rank | None:
    return next((rank for rank in ranks if rank.unseen > patience), None)


def started(ranks: Sequence[Rank]) -> list[Rank]:
    """Without the hosts that joined after the job was started."""
    return [rank for rank in ranks if rank.state != ABSENT]


def silent_for(ranks: Sequence[Rank]) -> float:
    """For how many seconds no rank that runs has said anything."""
    return min((rank.silent_seconds for rank in ranks if rank.state == RUNNING), default=0)


def how_it_failed(rank: Rank, job_name: str) -> str:
    """One sentence, and the rank's last lines."""
    name = f"Rank {rank.rank} of job {job_name} on host {rank.host}"
    if rank.state == LOST and rank.container_state != "running":
        sentence = f"{name} is gone: its container is {rank.container_state}. Run the job again to start it anew."
    elif rank.state == LOST:
        sentence = f"{name} is gone without an exit code: its container was restarted, or its process was killed."
    elif rank.state == STOPPED:
        sentence = f"{name} was stopped."
    else:
        sentence = f"{name} ended with exit code {rank.exit_code}."
    lines = telling_lines(rank.last_lines)
    return "\n".join([f"{sentence} Its last lines:", *(f"  {line}" for line in lines)]) if lines else sentence


def telling_lines(lines: Sequence[str], count: int = 20) -> Sequence[str]:
    """The last lines that the trainer itself printed; the report that torchrun puts behind them tells nothing new."""
    report = next((place for place, line in enumerate(lines) if TORCHRUN_REPORT.search(line)), len(lines))
    return lines[: report + 1][-count:]


def progress_line(trainer: str, job_name: str, ranks: Sequence[Rank]) -> str:
    """What the user sees while the job runs; changes only when the job has moved."""
    moving = sum(rank.state in (RUNNING, SUCCEEDED) and not rank.unseen for rank in ranks)
    progress = next((rank.progress for rank in ranks if rank.progress), {})
    parts = [f"{trainer} {job_name}"]
    if progress.get("step") is None:
        parts.append("starting")
    else:
        parts.append(f"step {progress['step']}/{progress['total']}" if progress.get("total") else "")
        parts.append(f"loss {progress['loss']:.2f}" if progress.get("loss") is not None else "")
        parts.append(f"{short_time(progress['remaining'])} left" if progress.get("remaining") else "")
    parts.append(f"ranks {moving}/{len(ranks)}")
    return "  ".join(part for part in parts if part)


def short_time(text: str) -> str:
    """0:00:41 as 00:41; hours and days stay."""
    return re.sub(r"^0:(?=\d\d:\d\d$)", "", text)
