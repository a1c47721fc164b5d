# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which hosts can keep a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# With fewer, the swarm of the managers does not survive the loss of one either.
FEWEST_MANAGERS = 3

Answer = Mapping[str, Any]


def may_keep(first: str, managers: Sequence[str], present: Sequence[str]) -> list[str]:
    """Return the hosts to ask: the first host of the job, and the managers of this run where there are enough."""
    others = [host for host in managers if host in present] if len(managers) >= FEWEST_MANAGERS else []
    return list(dict.fromkeys([first, *others]))


def keeping_managers(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Return the nodes of the managers that keep the job in turn, by host; none where its first host alone does.

    ``answers`` are what M(distrain.cluster.trainer_keeper_info) has returned.
    """
    nodes = {host: answer.get("node") or {} for host, answer in answers.items()}
    return {host: str(node["id"]) for host, node in nodes.items() if node.get("managers", 0) >= FEWEST_MANAGERS}


def newest_state(answers: Mapping[str, Answer], job: str) -> dict[str, Any]:
    """Return the state of the job by the host that knows the newest of it, empty where none knows it."""
    states = [((answer.get("jobs") or {}).get(job) or {}).get("state") or {} for answer in answers.values()]
    return dict(max(states, key=age_of, default={}))


def age_of(state: Mapping[str, Any]) -> tuple[int, float]:
    """Return what is greater for the newer of two states: the keepers' turns count, and within one its clock."""
    return int(state.get("term") or 0), float(state.get("changed_at") or -1)
