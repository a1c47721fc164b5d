# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ranks of a job, and the line that shows their progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..base.durations import clock_time
from ..job.plan import (
    ABSENT,
    FAILED,
    LOST,
    RUNNING,
    STOPPED,
    SUCCEEDED,
)
from ..progress.steps import grad_norm_words, loss_words
from .throughput import rate_words, throughput


@dataclass(frozen=True)
class Rank:
    """One rank as last observed; ``unseen`` is for how many seconds its host has not answered."""

    host: str
    rank: int
    state: str
    exit_code: int | None = None
    ended: float | None = None
    container_state: str = "running"
    last_lines: Sequence[str] = ()
    progress: Mapping[str, Any] = field(default_factory=dict)
    silent_seconds: float = 0
    # Since its start, or None where that is not known.
    running_seconds: float | None = None
    unseen: float = 0
    unseen_because: str = ""
    # The container's IPC mode and the size of its /dev/shm; empty and None where unknown.
    ipc: str = ""
    shm_bytes: int | None = None
    # Only an agent reports the following; a module does not.
    memory_watched: bool = True
    memory_killed: bool = False
    memory_kills: int = 0
    engine_answers: bool = True
    engine_restarted: bool = False
    host_restarted: bool = False
    container_restarted: bool = False
    stopped_processes: Sequence[int] = ()
    usage: Mapping[str, Any] = field(default_factory=dict)
    # What is wrong with the GPUs of the job on this host; empty for nothing.
    gpu: Mapping[str, Any] = field(default_factory=dict)


def is_failed(rank: Rank) -> bool:
    return rank.state in (FAILED, LOST, STOPPED)


def all_succeeded(ranks: Sequence[Rank]) -> bool:
    return bool(ranks) and all(rank.state == SUCCEEDED for rank in ranks)


def unseen_too_long(ranks: Sequence[Rank], seconds: float) -> list[Rank]:
    return [rank for rank in ranks if rank.unseen > seconds]


def started(ranks: Sequence[Rank]) -> list[Rank]:
    """Return the ranks without the hosts that joined after the job was started."""
    return [rank for rank in ranks if rank.state != ABSENT]


def progress_line(
    trainer: str,
    job_name: str,
    ranks: Sequence[Rank],
    steps_per_second: float | None = None,
    samples_per_step: int = 0,
) -> str:
    """Return the progress line; without ``steps_per_second`` it changes only with the state of the job."""
    active = sum(rank.state in (RUNNING, SUCCEEDED) and not rank.unseen for rank in ranks)
    progress = next((rank.progress for rank in ranks if rank.progress), {})
    parts = [f"{trainer} {job_name}"]
    loss, norm = loss_words(progress, ".2f"), grad_norm_words(progress)
    if progress.get("step") is None and not loss:
        parts.append("starting")
    else:
        parts.append(step_words(progress))
        parts += [f"loss {loss}" if loss else "", f"grad_norm {norm}" if norm else ""]
        parts += _rates(progress, steps_per_second, samples_per_step) if steps_per_second else []
        left = progress.get("remaining_seconds")
        parts.append(f"{clock_time(left)} left" if left is not None else "")
    parts.append(f"ranks {active}/{len(ranks)}")
    return "  ".join(part for part in parts if part)


def step_words(progress: Mapping[str, Any]) -> str:
    """Return C(step 12/40), C(step 12) where the total is unknown, or an empty string without a step."""
    if progress.get("step") is None:
        return ""
    return f"step {progress['step']}/{progress['total']}" if progress.get("total") else f"step {progress['step']}"


def _rates(progress: Mapping[str, Any], steps_per_second: float, samples_per_step: int) -> list[str]:
    """Return the rate of steps, and that of tokens or samples where it is known."""
    return [rate_text(steps_per_second), rate_words(throughput(progress, steps_per_second, samples_per_step))]


def rate_text(steps_per_second: float) -> str:
    return f"{steps_per_second:.1f} steps/s" if steps_per_second >= 1 else f"{1 / steps_per_second:.1f} s/step"


def step_of(ranks: Sequence[Rank]) -> int | None:
    return next((rank.progress["step"] for rank in ranks if rank.progress.get("step") is not None), None)


def percent_of(ranks: Sequence[Rank]) -> float | None:
    """Return how much of the job's steps are done, or None where its trainer does not say how many there are."""
    progress = next((rank.progress for rank in ranks if rank.progress), {})
    step, total = progress.get("step"), progress.get("total")
    return 100 * step / total if step is not None and total else None
