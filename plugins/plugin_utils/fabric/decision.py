# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the decision about the networks of all hosts of a play, as the role fabric registers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .choice import FabricSettings, as_result
from .choose import choose_networks, members
from .networks import Facts, Measurement, find_networks

Observed = Mapping[str, Mapping[str, Any]]


def facts_of(observed: Observed) -> dict[str, Facts]:
    """The hosts that were observed; the others are findings of the preflight."""
    return {host: facts for host, facts in observed.items() if "interfaces" in facts}


def endpoints_of(observed: Observed) -> list[dict[str, Any]]:
    """Every interface of every network that may connect the hosts, as M(distrain.cluster.network_probe) takes them."""
    return [
        {"network": network.name, "host": one.host, "address": one.address, "mtu": one.mtu}
        for network in find_networks(facts_of(observed))
        for one in network.endpoints.values()
    ]


def is_settled(observed: Observed) -> bool:
    """Whether every host is a node of one swarm of theirs already, so that there is nothing left to choose."""
    return len(members(facts_of(observed))) == len(observed)


def measurements_of(probed: Observed) -> list[Measurement]:
    """The measurements of all hosts."""
    return [row for one in probed.values() for row in one.get("measurements") or ()]


def decide_networks(
    observed: Observed, measurements: Sequence[Measurement], settings: FabricSettings
) -> dict[str, Any]:
    """The decision; C(problem) says why nothing could be chosen."""
    facts = facts_of(observed)
    if not facts:
        return _without_choices(_nobody_answered(observed))
    try:
        own = [one for one in measurements if one["source"] in facts]
        choices = choose_networks(facts, own, settings)
    except PlanError as error:
        return _without_choices(error.message)
    return {"problem": "", "choices": [asdict(one) for one in choices], **as_result(choices)}


def _without_choices(problem: str) -> dict[str, Any]:
    return {"problem": problem, "choices": [], **as_result([])}


def _nobody_answered(observed: Observed) -> str:
    first = next((str(one["msg"]) for one in observed.values() if one.get("msg")), "no answer")
    return (
        f"No host of the play could be observed ({', '.join(observed)}): {' '.join(first.split()).rstrip('.')}. Run "
        "playbooks/preflight.yml, which says of each host what keeps it from answering."
    )
