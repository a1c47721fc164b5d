# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The evidence for why one rank ended, with a weight to compare it with that of other ranks.

Evidence of the kernel and the engine comes first, then the rank's own output, then what follows from another's end.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from ..gpu_health.in_job import problem_sentence
from ..job.plan import FAILED, LOST, RUNNING, STOPPED, SUCCEEDED
from ..job.ranks import Rank, is_failed
from .error_line import best_line, cleaned, own_lines, read_ending, shows_lost_connection
from .exits import ABORT, KILL, SIGNALS, TERMINATE, first_child, printed_signal, signal_of_code
from .gpus import ended_by, lost_gpu
from .log import JobContext, LogCause, read_cause

# Evidence with the same tens has the same strength; within them the lower weight is preferred.
GPU_FAULT, HAS_LOST_GPU = 5, 6
MEMORY, MACHINE, CRASHED, KILLED = 10, 11, 12, 13
NAMED, EXCEPTION = 20, 21
SPOKEN, SILENT = 30, 31
HELD_UP, EARLY, UNSEEN, OF_NETWORK, TERMINATED, USER, FOLLOWED = 40, 50, 60, 70, 80, 90, 100
MORE_MEMORY = "Give the job less to hold (a smaller batch, fewer workers), or its host more memory."
AGAIN = "Run the job again to start it anew."
# By the engine's name of the state; it may be seen while it goes.
_STATES = {
    **dict.fromkeys(("absent", "removing", "dead"), "was removed"),
    "exited": "has exited",
    "created": "was not started",
}
_LAST_LINES = 3
_LONGEST_LINE = 4000
_WAITED = re.compile(
    r"collective operation timeout|timed out waiting \d+ ?ms|wait timeout after \d+ ?ms", re.IGNORECASE
)
_PREPROCESSES = re.compile(
    r"^(Running tokenizer|Converting format|Tokeniz|Grouping texts|Generating \w+ (split|examples)|Map\b.*\d|Packing"
    r"|Preprocess|Filter\b.*\d)",
    re.IGNORECASE,
)
_TRAINS = re.compile(r"^\{'(loss|train_loss)'|\biteration\s+\d+/")
_PREPROCESS_LINES = 40


@dataclass(frozen=True)
class Evidence:
    """``weight`` is lower for stronger evidence; ``text`` continues a sentence that begins with the rank."""

    weight: int
    kind: str
    text: str
    retryable: bool = False

    @property
    def strength(self) -> int:
        return self.weight // 10


def evidence_of(rank: Rank, context: JobContext) -> Evidence | None:
    """Return why the rank failed, or how it holds the others up, or None."""
    if rank.unseen and not is_failed(rank):
        return Evidence(UNSEEN, "host_gone", f"is unreachable: {silence_of_host(rank)}.", True)
    if rank.state == STOPPED:
        return Evidence(USER, "stopped", "was stopped.")
    return _of_gpu(rank) or _of_state(rank, context)


def _of_state(rank: Rank, context: JobContext) -> Evidence | None:
    if is_failed(rank) and (rank.memory_kills or rank.memory_killed):
        code = f" (exit code {rank.exit_code})" if rank.exit_code is not None else ""
        return Evidence(MEMORY, "memory", f"was killed because memory ran out{code}. {MORE_MEMORY}")
    if rank.state == LOST:
        return _of_lost(rank)
    if rank.state == FAILED:
        return _of_ended(rank, dataclasses.replace(context, ipc=rank.ipc or context.ipc, shm_bytes=rank.shm_bytes))
    return held_up_by(rank) if rank.state == RUNNING else None


def _of_gpu(rank: Rank) -> Evidence | None:
    """Return the evidence of a GPU that has failed, or None."""
    if not rank.gpu:
        return None
    ended = ended_by(rank, read_ending(rank.last_lines).faults)
    if ended:
        reason = best_line(rank.last_lines)
        how = f"ended with exit code {rank.exit_code}" if rank.exit_code is not None else "is gone"
        quoted = f" It said: {reason}" if reason else ""
        return Evidence(GPU_FAULT, "gpu_fault", f"{how}: {problem_sentence(ended)}{quoted}", ended.retryable)
    lost = lost_gpu(rank)
    if lost and rank.state == RUNNING:
        text = f"still runs, and cannot go on: {problem_sentence(lost)}"
        return Evidence(HAS_LOST_GPU, "gpu_fault", text)
    return None


def bounded(rank: Rank) -> Rank:
    """Return the rank with its lines shortened and printable."""
    lines = [line[:_LONGEST_LINE] for line in rank.last_lines]
    return dataclasses.replace(rank, last_lines=[line if line.isprintable() else _printable(line) for line in lines])


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in line)


def silence_of_host(rank: Rank) -> str:
    """Return for how long the rank's host has not answered, and why where that is known."""
    because = f" ({rank.unseen_because})" if rank.unseen_because else ""
    return f"host {rank.host} has not answered for {rank.unseen:.0f} s{because}"


def held_up_by(rank: Rank) -> Evidence | None:
    """Return what keeps a running rank from going on, or None."""
    if rank.container_state == "paused":
        return Evidence(HELD_UP, "paused", "is suspended: its container is paused. Resume it with docker unpause.")
    if rank.stopped_processes:
        pids = " ".join(str(pid) for pid in rank.stopped_processes)
        text = f"is suspended: a signal stopped its process. Resume it with kill -CONT {pids}."
        return Evidence(HELD_UP, "frozen", text)
    if rank.memory_kills:
        text = f"goes on, but memory ran out and a process of it was killed. {MORE_MEMORY}"
        return Evidence(HELD_UP, "memory", text)
    return None


def timed_out_waiting(rank: Rank) -> bool:
    """Return whether the rank failed because it waited too long for the others."""
    return rank.state == FAILED and any(map(_WAITED.search, rank.last_lines))


def preprocesses(rank: Rank) -> bool:
    """Return whether the rank was preparing the data set last."""
    late = [line for line in rank.last_lines[-_PREPROCESS_LINES:] if line.strip()]
    done = next((place for place in range(len(late) - 1, -1, -1) if _PREPROCESSES.match(late[place])), None)
    return done is not None and not any(map(_TRAINS.search, late[done:])) and rank.progress.get("step") is None


def ended_early(rank: Rank) -> bool:
    return rank.state == SUCCEEDED and not rank.unseen


def _of_lost(rank: Rank) -> Evidence:
    """Return why a rank has no exit code, by its host, engine and container."""
    if rank.host_restarted:
        found = ("host_restarted", f"its host was restarted. {AGAIN}")
    elif not rank.engine_answers:
        found = ("engine_gone", "the Docker engine of its host does not answer. Start it there.")
    elif rank.engine_restarted:
        found = ("engine_restarted", f"the Docker engine of its host was restarted. {AGAIN}")
    elif rank.container_state != "running":
        state = _STATES.get(rank.container_state, f"is {rank.container_state}")
        found = ("container_gone", f"its container {state}. {AGAIN}")
    elif rank.container_restarted:
        found = ("container_restarted", f"its container was restarted. {AGAIN}")
    else:
        text = f"is gone without an exit code: its processes were killed. {AGAIN}"
        return Evidence(KILLED, "killed", text, True)
    return Evidence(MACHINE, found[0], f"is gone: {found[1]}", True)


def _of_ended(rank: Rank, context: JobContext) -> Evidence:
    ended = f"ended with exit code {rank.exit_code}"
    ending = read_ending(rank.last_lines)
    reason = best_line(rank.last_lines)
    quoted = f" It said: {reason}" if reason else ""
    # A rank that has lost the others may crash, or be killed, while it ends.
    has_lost = not ending.faults and (bool(ending.losses) or shows_lost_connection(rank.last_lines))
    signal = signal_of_code(rank.exit_code) or first_child(rank.last_lines).signal
    of_kernel = None if has_lost and signal != KILL else _of_signal(rank, signal, ended, bool(ending.faults))
    if of_kernel:
        return dataclasses.replace(of_kernel, weight=FOLLOWED) if has_lost and ending.losses else of_kernel
    cause = read_cause(rank.last_lines, context)
    if cause and (ending.faults or not has_lost or cause.of_network or not ending.losses):
        return _of_cause(cause, ended, reason)
    if has_lost:
        return Evidence(FOLLOWED, "connection_lost", f"{ended}: it lost its connection to the others.{quoted}", True)
    signal = signal or printed_signal(rank.last_lines)
    if signal and not ending.faults:
        return Evidence(CRASHED, "crashed", f"{ended}: {_crash(signal)}{quoted}")
    if ending.faults or reason:
        return Evidence(EXCEPTION if ending.faults else SPOKEN, "exited", f"{ended}.{quoted}")
    return Evidence(SILENT, "unknown", f"{ended}. The cause is not known{_last_output(rank)}.")


def _of_cause(cause: LogCause, ended: str, reason: str) -> Evidence:
    line = cleaned(cause.line)
    quoted = f" It said: {reason or line}"
    weight = OF_NETWORK if cause.of_network else NAMED
    return Evidence(weight, cause.kind, f"{ended}: {cause.sentence}. {cause.advice}{quoted}", cause.retryable)


def _of_signal(rank: Rank, signal: int, ended: str, has_fault: bool) -> Evidence | None:
    """Return the evidence of a signal, or None; a program with an exception may end by SIGABRT."""
    if signal == KILL:
        text = "its process was killed by SIGKILL" + (
            "; the kernel counted no kill for memory there" if rank.memory_watched else ""
        )
        advice = "" if rank.memory_watched else " Mostly memory had run out: see the kernel's log of the host (dmesg)."
        return Evidence(KILLED, "killed", f"{ended}: {text}.{advice}", True)
    if signal == TERMINATE:
        text = f"{ended}: its process was killed by SIGTERM; the kernel counted no kill for memory there."
        return None if has_fault else Evidence(TERMINATED, "killed", text, True)
    if not signal or (signal == ABORT and has_fault):
        return None
    reason = best_line(rank.last_lines)
    return Evidence(CRASHED, "crashed", f"{ended}: {_crash(signal)}" + (f" It said: {reason}" if reason else ""))


def _crash(signal: int) -> str:
    name = SIGNALS.get(signal, f"signal {signal}")
    advice = {
        "SIGILL": " Its image uses instructions that the processor of its host does not have.",
        "SIGBUS": " As it does where /dev/shm, or a disk whose file it has mapped, is full.",
    }
    return f"its process crashed ({name}).{advice.get(name, '')}"


def _last_output(rank: Rank) -> str:
    lines = [cleaned(line) for line in own_lines(rank.last_lines) if line.strip()]
    words = " | ".join(line[:120] for line in lines[-_LAST_LINES:])
    return f"; its last lines are: {words}" if words else ", and it printed nothing"
