# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the process of a job whose call stack differs from those of the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..base.printable import printable

_THREAD = re.compile(r"^Thread .*")
_FRAME = re.compile(r"^\s+(?P<function>.+?) \((?P<place>[^()]+:\d+)\)$")
# Files whose functions wait for the other ranks.
_WAITING = re.compile(r"torch/distributed/|/c10d|horovod|deepspeed/comm/")


@dataclass(frozen=True)
class Stack:
    """One process; ``rank`` is global, ``dump`` py-spy's output, ``waits_in`` the kernel function it sleeps in."""

    host: str
    rank: int
    pid: int
    state: str
    waits_in: str = ""
    dump: str = ""


def main_frames(dump: str) -> list[tuple[str, str]]:
    """Return function and place of the main thread's frames, the innermost first."""
    frames: list[tuple[str, str]] = []
    inside = False
    for line in map(printable, dump.splitlines()):
        found = _FRAME.match(line)
        if _THREAD.match(line):
            inside = "MainThread" in line
        elif inside and found:
            frames.append((found["function"], found["place"]))
    return frames


def where(stack: Stack) -> str:
    """Return in a few words what the process does."""
    if stack.state == "T":
        return "is stopped by a signal"
    frames = main_frames(stack.dump)
    if frames and _waits(frames):
        called = next((one for one in frames if not _WAITING.search(one[1])), frames[0])
        return f"waits for the other ranks in {frames[0][0]} (called at {called[1]})"
    if frames:
        return f"is in {frames[0][0]} ({frames[0][1]})"
    return f"sleeps in the kernel ({stack.waits_in})" if stack.waits_in else "runs"


def _waits(frames: Sequence[tuple[str, str]]) -> bool:
    return any(_WAITING.search(place) for _function, place in frames[:3])


def differing_stacks(stacks: Sequence[Stack]) -> list[Stack]:
    """Return the processes that do something else than most; a stopped process comes before all others."""
    stopped = [stack for stack in stacks if stack.state == "T"]
    if stopped:
        return stopped
    waiting = [stack for stack in stacks if _waits(main_frames(stack.dump))]
    if waiting and len(waiting) < len(stacks):
        return [stack for stack in stacks if stack not in waiting]
    kinds = Counter(_kind(stack) for stack in stacks)
    most, count = kinds.most_common(1)[0] if kinds else (None, 0)
    if len(kinds) < 2 or 2 * count <= len(stacks):
        return []
    return [stack for stack in stacks if _kind(stack) != most]


def _kind(stack: Stack) -> tuple[str, ...]:
    frames = main_frames(stack.dump)
    return tuple(function for function, _place in frames[:3]) or (stack.state, stack.waits_in)


def stack_sentence(stacks: Sequence[Stack]) -> str:
    """Return which process differs and what the others do; empty where no stack is known."""
    if not stacks:
        return ""
    stacks = sorted(stacks, key=lambda stack: stack.rank)
    differing = differing_stacks(stacks)
    others = [stack for stack in stacks if stack not in differing]
    parts = [f"The process of rank {stack.rank} on host {stack.host} {where(stack)}" for stack in differing[:4]]
    if others:
        ranks = ", ".join(str(stack.rank) for stack in others[:8])
        parts.append(
            f"{'the others' if differing else 'All'} (of rank {ranks}) are in the same place: one {where(others[0])}"
        )
    without = "" if any(stack.dump for stack in stacks) else " With py-spy in the image there would be stacks."
    return "; ".join(parts) + "." + without


def stack_report(stacks: Sequence[Stack]) -> str:
    """Return all that is known of each process as text, in the order of the ranks."""
    parts = []
    for stack in sorted(stacks, key=lambda stack: stack.rank):
        waits = f", sleeps in {printable(stack.waits_in)}" if stack.waits_in else ""
        head = f"==> rank {stack.rank} on host {stack.host}, process {stack.pid}: state {stack.state or '?'}{waits}"
        dump = [printable(line) for line in stack.dump.splitlines()] or ["(py-spy gave no stack)"]
        parts.append("\n".join([head, *dump]))
    return "\n\n".join(parts) + "\n" if parts else ""
