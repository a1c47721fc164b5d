# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The failed attempts of one run of a job, and whether its restarts still make progress."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.printable import printable
from ..progress.steps import count_of

# After so many restarts in a row without a new checkpoint the job is not started again.
MOST_WITHOUT_PROGRESS = 3
_STEP = re.compile(r"checkpoint-(\d{1,18})")

Attempt = Mapping[str, Any]


def attempt_of(record: Mapping[str, Any], outcome: Mapping[str, Any], newest: str | None) -> dict[str, Any]:
    """Return what is kept of an attempt that has failed.

    ``outcome`` is the result of C(trainer_job_follow); ``newest`` the newest whole checkpoint at its end, empty where
    there is none, and None where that is not known.
    """
    host = outcome.get("failed_host")
    return {
        "attempt": record.get("attempt"),
        "began": record.get("began"),
        "ended": record.get("ended"),
        "cause": outcome.get("finding"),
        "host": host,
        "rank": next((one["rank"] for one in record.get("hosts", ()) if one["host"] == host), None),
        "step": (record.get("results") or {}).get("steps"),
        "checkpoint": newest,
    }


def with_attempt(attempts: Sequence[Attempt], last: Attempt) -> list[Attempt]:
    """Return the attempts with this one at the end, once."""
    return [*(one for one in attempts if one.get("attempt") != last["attempt"]), last]


def without_progress(attempts: Sequence[Attempt]) -> str:
    """Return how the newest restarts failed to make progress and what they had in common; empty where one did.

    The first attempt is no restart. An attempt whose checkpoints are not known counts as one with progress.
    """
    count = 0
    for before, after in zip(reversed(attempts[:-1]), reversed(attempts[1:]), strict=True):
        if not _is_fruitless(before, after):
            break
        count += 1
    if count < MOST_WITHOUT_PROGRESS:
        return ""
    newest = printable(str(attempts[-1]["checkpoint"]))
    since = f"after {newest}" if newest else "and there is none at all"
    return f"{count} restarts in a row reached no new checkpoint, {since}. {_in_common(attempts[-count - 1 :])}"


def _is_fruitless(before: Attempt, after: Attempt) -> bool:
    steps = [_checkpoint_step(one.get("checkpoint")) for one in (before, after)]
    return steps[0] is not None and steps[1] is not None and steps[1] <= steps[0]


def _checkpoint_step(name: Any) -> int | None:
    """Return the step of a checkpoint by its name, 0 for none, or None where it is not known."""
    if name == "":
        return 0
    found = _STEP.fullmatch(name) if isinstance(name, str) else None
    return int(found[1]) if found else None


def _in_common(attempts: Sequence[Attempt]) -> str:
    """Return a sentence on the causes, the ranks and the steps of these attempts, without its full stop."""
    ways = list(dict.fromkeys(f"{one.get('cause')}{_rank(one)}" for one in attempts))
    causes = list(dict.fromkeys(str(one.get("cause")) for one in attempts))
    if len(ways) == 1:
        what = f"All {len(attempts)} attempts ended alike: {ways[0]}"
    elif len(causes) == 1:
        what = f"All {len(attempts)} attempts ended with {causes[0]}, on different ranks"
    else:
        what = f"The {len(attempts)} attempts ended differently: {', '.join(ways)}"
    steps = [step for one in attempts if (step := count_of(one.get("step"))) is not None]
    if len(steps) < len(attempts):
        return what
    return f"{what}, {_at(min(steps), max(steps))}"


def _at(first: int, last: int) -> str:
    return f"each after step {last}" if first == last else f"after steps {first} to {last}"


def _rank(one: Attempt) -> str:
    return "" if one.get("rank") is None else f" (rank {one['rank']} on host {one.get('host')})"
