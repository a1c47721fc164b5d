# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a job's entry in its swarm, and which manager keeps the job.

The entry is a config of the swarm whose labels say in which turn which manager keeps the job, and how far it has come.
The swarm replaces them only where they are still those that were read (compare and swap), so that of two managers
that want the next turn one gets it, and what a keeper writes after its turn is refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from .state import State

_PREFIX = "io.distrain.keeper."
TRAINER_LABEL, JOB_LABEL = "io.distrain.trainer", "io.distrain.job"
# Of a state what no keeper may forget. The rest is copied from host to host.
COMMITTED = (
    *("attempt", "phase", "restarts", "checkpoint", "outcome", "gpu_problems"),
    *("changed_at", "keeper", "term"),
)


@dataclass(frozen=True)
class Entry:
    """C(run) is the job as it was given, C(term) the number of the turn, and C(node) the ID of the node that has it.

    Before the first turn there is no state. C(is_stopping) is set where somebody wants the job to end. C(identity) and
    C(version) are the swarm's.
    """

    run: str
    term: int = 0
    node: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    is_stopping: bool = False
    identity: str = ""
    version: int = 0


def labels_of(entry: Entry, trainer: str, job: str) -> dict[str, str]:
    values = {
        "run": entry.run,
        "term": str(entry.term),
        "node": entry.node,
        "state": json.dumps(dict(entry.state)),
        "stop": "true" if entry.is_stopping else "",
    }
    return {TRAINER_LABEL: trainer, JOB_LABEL: job, **{_PREFIX + name: value for name, value in values.items()}}


def entry_in(config: Mapping[str, Any]) -> Entry:
    """Return the entry by the config as the engine describes it; one that others have damaged has no run."""
    labels = (config.get("Spec") or {}).get("Labels") or {}
    found = Entry(run="", identity=str(config["ID"]), version=int(config["Version"]["Index"]))
    try:
        state = json.loads(labels.get(f"{_PREFIX}state") or "{}")
        term = int(labels.get(f"{_PREFIX}term") or 0)
    except (ValueError, RecursionError):
        return found
    return replace(
        found,
        run=labels.get(f"{_PREFIX}run", ""),
        term=term,
        node=labels.get(f"{_PREFIX}node", ""),
        state=state if isinstance(state, dict) else {},
        is_stopping=bool(labels.get(f"{_PREFIX}stop")),
    )


def given(found: Entry | None, run: str) -> Entry:
    """Return the entry of a job that is given anew: a turn that nobody has yet, after all that there were."""
    before = found or Entry(run)
    return replace(before, run=run, term=before.term + 1, node="", state={}, is_stopping=False)


def taken(found: Entry, node: str) -> Entry:
    """Return the entry of the next turn, which is that of this node."""
    return replace(found, term=found.term + 1, node=node)


def with_state(found: Entry, state: State) -> Entry:
    values = {one.name: getattr(state, one.name) for one in fields(state)}
    return replace(found, state={name: values[name] for name in COMMITTED})


def keeping_node(managers: Sequence[Mapping[str, Any]], able: Collection[str]) -> str:
    """Return the ID of the manager that has to keep a job, of those that are able to; empty where none is left.

    It is the leader of the swarm, or else the first one that the leader reaches. C(managers) are nodes as the engine
    lists them.
    """
    known = {str(one["ID"]): one.get("ManagerStatus") or {} for one in managers}
    leaders = [node for node, status in known.items() if status.get("Leader")]
    reached = sorted(node for node, status in known.items() if status.get("Reachability") == "reachable")
    return next((node for node in (*leaders, *reached) if node in able), "")
