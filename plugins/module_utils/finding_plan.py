# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: from a rank that failed, or one that runs and does not move, to one sentence on it with what is to be done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.distrain.cluster.plugins.module_utils.error_line import error_line
from ansible_collections.distrain.cluster.plugins.module_utils.follow_plan import Rank, lost_its_connection
from ansible_collections.distrain.cluster.plugins.module_utils.job_plan import LOST, RUNNING, STOPPED
from ansible_collections.distrain.cluster.plugins.module_utils.log_cause_plan import Setting, read_cause, read_symptom

_KILLED, _TERMINATED = 9, 15
_FROM_SHELL, _LAST_SIGNAL = 128, 64
_SIGNALS = {_KILLED: "SIGKILL", _TERMINATED: "SIGTERM", 6: "SIGABRT", 7: "SIGBUS", 11: "SIGSEGV"}
_CHILD_SIGNAL = re.compile(r"exitcode\s*: ?-(\d+)")
_MORE_MEMORY = "Give the job less to hold (a smaller batch, fewer workers), or its host more memory."


@dataclass(frozen=True)
class Finding:
    """``mendable``: whether starting the job again may well help."""

    kind: str
    host: str
    rank: int
    text: str
    mendable: bool = False


def why_failed(rank: Rank, job_name: str, setting: Setting) -> Finding:
    """Why a rank came to its end that had not succeeded, or is out of sight."""
    who = f"Rank {rank.rank} of job {job_name} on host {rank.host}"
    if rank.unseen:
        found = ("host_gone", f"{who} is out of sight: {_silence_of_host(rank)}.", True)
    elif rank.state == STOPPED:
        found = ("stopped", f"{who} was stopped.", False)
    elif rank.memory_kills or rank.memory_killed:
        code = f" (exit code {rank.exit_code})" if rank.exit_code is not None else ""
        found = ("memory", f"{who} was killed because memory ran out{code}. {_MORE_MEMORY}", False)
    elif rank.state == LOST:
        found = _why_lost(rank, who)
    else:
        found = _why_ended(rank, who, setting)
    kind, text, mendable = found
    return Finding(kind, rank.host, rank.rank, text, mendable)


def _why_lost(rank: Rank, who: str) -> tuple[str, str, bool]:
    """It has no exit code: what ran it is gone."""
    again = "Run the job again to start it anew."
    if rank.host_restarted:
        return "host_restarted", f"{who} is gone: its host was restarted. {again}", True
    if not rank.engine_answers:
        return "engine_gone", f"{who} is gone: the Docker engine of its host does not answer. Start it there.", True
    if rank.engine_restarted:
        return "engine_restarted", f"{who} is gone: the Docker engine of its host was restarted. {again}", True
    if rank.container_state != "running":
        state = "was removed" if rank.container_state == "absent" else f"is {rank.container_state}"
        return "container_gone", f"{who} is gone: its container {state}. {again}", True
    if rank.container_restarted:
        return "container_restarted", f"{who} is gone: its container was restarted. {again}", True
    return "killed", f"{who} is gone without an exit code: its processes were killed. {again}", True


def _why_ended(rank: Rank, who: str, setting: Setting) -> tuple[str, str, bool]:
    ended = f"{who} ended with exit code {rank.exit_code}"
    said = error_line(rank.last_lines)
    quoted = f" It said: {said}" if said else ""
    signal = _signal_of(rank)
    if signal in (_KILLED, _TERMINATED):
        return "killed", f"{ended}: its process was killed by {_SIGNALS[signal]}, not by the lack of memory.", True
    cause = read_cause(rank.last_lines, setting)
    if cause:
        return cause.kind, f"{ended}: {cause.sentence}. {cause.advice}{quoted}", False
    if lost_its_connection(rank):
        return "connection_lost", f"{ended}: it lost its connection to the others.{quoted}", True
    if signal:
        return "crashed", f"{ended}: its process crashed ({_SIGNALS.get(signal, f'signal {signal}')}).{quoted}", False
    return "exited", f"{ended}.{quoted}", False


def _signal_of(rank: Rank) -> int:
    """The signal that ended the process, by its own exit code or by what torchrun says of it; 0 where none did.

    Of signal n a shell makes 128 + n, and Python, with which DeepSpeed's launcher ends, 256 - n.
    """
    code = rank.exit_code or 0
    if code > _FROM_SHELL:
        of_shell = code - _FROM_SHELL if code <= _FROM_SHELL + _LAST_SIGNAL else 0
        return next((number for number in (of_shell, 256 - code) if number in _SIGNALS), of_shell)
    told = [_CHILD_SIGNAL.search(line) for line in rank.last_lines]
    # It ends the others by SIGTERM itself.
    return next((int(found[1]) for found in told if found and int(found[1]) != _TERMINATED), 0)


def _silence_of_host(rank: Rank) -> str:
    because = f" ({rank.unseen_because})" if rank.unseen_because else ""
    return f"host {rank.host} has not answered for {rank.unseen:.0f} s{because}"


def notices(
    ranks: Sequence[Rank], job_name: str, setting: Setting, unseen_after: float, silent_after: float
) -> list[Finding]:
    """What is worth telling of ranks that have not failed; the job goes on."""
    found = [
        finding
        for rank in ranks
        if rank.state == RUNNING
        for finding in [_notice(rank, job_name, setting, unseen_after)]
        if finding
    ]
    silent = silent_ranks(ranks, silent_after)
    return found + [_silent(rank, job_name) for rank in silent[:1]]


def silent_ranks(ranks: Sequence[Rank], silent_after: float) -> list[Rank]:
    """All ranks that run, where none of them has said anything for so long; who is silent the longest comes first.

    The trainer's progress is told by one rank alone, so that the silence of another one means nothing by itself.
    """
    running = [rank for rank in ranks if rank.state == RUNNING and not rank.unseen]
    if not silent_after or not running or any(rank.silent_seconds <= silent_after for rank in running):
        return []
    return sorted(running, key=lambda rank: -rank.silent_seconds)


def _notice(rank: Rank, job_name: str, setting: Setting, unseen_after: float) -> Finding | None:
    who = f"Rank {rank.rank} of job {job_name} on host {rank.host}"
    if rank.unseen:
        found = ("host_gone", f"{who} is out of sight: {_silence_of_host(rank)}.")
        return Finding(found[0], rank.host, rank.rank, found[1], True) if rank.unseen > unseen_after else None
    told = _stands_still(rank, who)
    cause = read_symptom(rank.last_lines, setting) if rank.progress.get("step") is None else None
    if not told and rank.memory_kills:
        told = ("memory", f"{who} goes on, but memory ran out and a process of it was killed. {_MORE_MEMORY}")
    if not told and cause:
        told = (cause.kind, f"{who} does not get on: {cause.sentence}. {cause.advice}")
    return Finding(told[0], rank.host, rank.rank, told[1]) if told else None


def _stands_still(rank: Rank, who: str) -> tuple[str, str] | None:
    if rank.container_state == "paused":
        return "paused", f"{who} stands still: its container is paused. Let it go on with docker unpause."
    if rank.stopped_processes:
        pids = " ".join(str(pid) for pid in rank.stopped_processes)
        return "frozen", f"{who} stands still: a signal stopped its process. Let it go on with kill -CONT {pids}."
    return None


def _silent(rank: Rank, job_name: str) -> Finding:
    text = (
        f"No rank of job {job_name} has printed anything or made a step for {rank.silent_seconds:.0f} s; it may hang."
    )
    return Finding("silent", rank.host, rank.rank, text)
