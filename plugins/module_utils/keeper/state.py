# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper remembers of its job, so that a new one goes on where it ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import Any

from .memory import read_known
from .phases import BEGINNING
from .place import Place, read_json, write_json


@dataclass
class State:
    """``outcome`` is the result of M(distrain.cluster.trainer_job_follow), once the job is over."""

    attempt: str
    phase: str = BEGINNING
    restarts: int = 0
    checkpoint: str = ""
    # The attempt whose start is recorded already.
    announced: str = ""
    outcome: dict[str, Any] = field(default_factory=dict)
    gpu_problems: list[str] = field(default_factory=list)
    silence: dict[str, Any] = field(default_factory=dict)
    changed_at: float = 0.0
    # Where several managers can keep the job: the host that does, and the number of its turn.
    keeper: str = ""
    term: int = 0

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> State:
        return cls(**{one.name: found[one.name] for one in fields(cls) if one.name in found})


def new_attempt() -> str:
    """Return what distinguishes an attempt that begins now."""
    return datetime.now(timezone.utc).replace(tzinfo=None).isoformat()


def read_state(place: Place, kept: Mapping[str, Any]) -> State:
    """Return where the keeper of the run that ``kept`` describes has come to; of an earlier run nothing counts."""
    found = read_json(place.state)
    if found.get("run") != kept["run"]:
        return State(attempt=kept["attempt"], phase=kept["phase"], restarts=kept["restarts"])
    return State.of(found)


def write_state(place: Place, kept: Mapping[str, Any], state: State) -> None:
    state.changed_at = time.time()
    copy_state(place, kept["run"], state)


def copy_state(place: Place, run: str, state: State) -> None:
    """Write a state as another host has written it."""
    write_json(place.state, {"run": run, **asdict(state)})


def describe_keep(place: Place) -> dict[str, Any]:
    """Return what this host keeps of the job, for whoever asks; empty where it keeps no such job."""
    kept = read_json(place.keep)
    if not kept:
        return {}
    return {
        "hosts": [rank["host"] for rank in kept["ranks"]],
        "managers": list(kept.get("managers") or ()),
        "run": kept["run"],
        **asdict(read_state(place, kept)),
        "checkpoints": asdict(read_known(place)),
    }
