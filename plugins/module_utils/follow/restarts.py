# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notes on the restarts of a job: how many were made, and why a wanted one was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.printable import printable
from ..job.plan import FAILED, LOST, RUNNING, SUCCEEDED
from ..progress.steps import count_of
from .hang import HANG

_UNKNOWN = "unknown"


def restarts(outcome: Mapping[str, Any], done: int, allowed: int, loop: str = "") -> dict[str, Any]:
    """Return how often a job was restarted, how often it may be, and a note.

    ``outcome`` is the result of C(trainer_job_follow), empty for a job that goes on. ``loop`` says how its restarts
    made no progress, and is empty where they did. The note is a part of a sentence, and empty where no restart is
    wanted.
    """
    return {"done": done, "allowed": allowed, "note": _note(outcome, done, allowed, loop)}


def starts_again(outcome: Mapping[str, Any], done: int, allowed: int, loop: str) -> bool:
    """Return whether a job that has ended with this outcome is restarted."""
    return outcome.get("outcome") == FAILED and bool(outcome.get("retryable")) and done < allowed and not loop


def _note(outcome: Mapping[str, Any], done: int, allowed: int, loop: str) -> str:
    if not allowed:
        return ""
    if outcome.get("outcome") != FAILED:
        return _made(done, allowed) if done else ""
    if outcome.get("retryable") and loop:
        return f"not restarted ({_used(done, allowed)}): {loop}"
    if outcome.get("retryable"):
        return (
            f"being restarted ({done + 1} of {allowed})" if done < allowed else f"{_made(done, allowed)}, none is left"
        )
    return f"not restarted ({_used(done, allowed)}): {_reason(outcome)}"


def _reason(outcome: Mapping[str, Any]) -> str:
    absent = outcome.get("absent_hosts")
    if absent:
        return f"{', '.join(absent)} did not come back within trainer_launch_return_timeout"
    if outcome.get("finding", _UNKNOWN) == _UNKNOWN:
        return "how it ended is not known"
    if outcome["finding"] == HANG:
        return "trainer_launch_on_hang is stop"
    return f"a restart does not help with this cause ({outcome['finding']})"


def recorded(record: Mapping[str, Any], state: str) -> str:
    """Return the note on a job's restarts by its record on the controller and its present state."""
    found = record.get("restarts")
    if not isinstance(found, Mapping):
        return ""
    done, allowed = count_of(found.get("done")) or 0, count_of(found.get("allowed")) or 0
    note = printable(str(found.get("note") or ""))
    if state in (SUCCEEDED, RUNNING):
        return _made(done, allowed) if done else ""
    if record.get("outcome") != RUNNING or state not in (FAILED, LOST) or not allowed:
        return note
    if done >= allowed:
        return f"{_made(done, allowed)}, none is left"
    return f"not restarted so far ({_used(done, allowed)})"


def _made(done: int, allowed: int) -> str:
    return f"restarted {done} of {max(done, allowed)} times"


def _used(done: int, allowed: int) -> str:
    return f"{done} of {allowed} restarts used"
