#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_keeper_info
short_description: See what the keeper of a training job knows
version_added: "1.0.0"
description:
  - Reads what the service C(distrain-keeper) of this host has written of the jobs that it keeps. It asks no other
    host, and no engine but with O(ask_swarm), so that it answers also while they are down.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
options:
  trainer:
    description: The name of the trainer.
    type: str
    required: true
  name:
    description: The one job that is wanted; all of the trainer where it is empty.
    type: str
    default: ""
  marks:
    description:
      - Behind what the job's events, observations and screen are to be returned, as an earlier call has returned it.
        Without it their whole content is.
    type: dict
  wait:
    description: How many seconds to wait for something new of the job behind O(marks).
    type: float
    default: 0
  ask_swarm:
    description: Whether to ask the engine if this host is a manager.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See what is kept here
  distrain.cluster.trainer_keeper_info:
    trainer: llama-factory
  register: found
"""

RETURN = r"""
jobs:
  description:
    - By name, of each job that this host keeps, its C(state) and the C(record). The state has the C(phase)
      (C(beginning), C(following) or C(over)), the C(attempt), C(restarts), and the C(outcome) of one that is over. Its
      C(checkpoints) say which one was seen C(whole) over all hosts last, and of which each host's files are C(copied)
      to the next one; both are empty for none.
    - Where several managers can keep the job, C(managers) names them, C(keeper) the one that does, and C(term) is the
      number of its turn. The other ones know what it has sent them.
    - Where O(marks) is given, also what is new of its C(events), C(observations) and C(screen), the newest line of
      C(progress), the C(stacks) of a hang, and the C(marks) behind all that.
  type: dict
  returned: success
  sample: {sft: {state: {phase: following, attempt: "2026-01-31T12:00:00", restarts: 1}, record: {}}}
active:
  description: Whether the service runs.
  type: bool
  returned: success
  sample: true
unit:
  description: What systemd says of the service; C(load) is V(not-found) where it was never installed.
  type: dict
  returned: success
  sample: {load: loaded, state: active}
node:
  description: The C(id) of the node that this host is as a manager, and how many C(managers) its swarm has.
  type: dict
  returned: where O(ask_swarm) was given and the host is a manager
  sample: {id: zs0jtdzrkgkqhxqmoh5i9nr8g, managers: 3}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.command import run_command
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, places, read_json
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.state import describe_keep
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.swarm import SwarmEntries
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.view import view
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine

UNIT = "distrain-keeper.service"
_SYSTEMD_SECONDS = 10.0
# As systemctl is-active judges.
_ACTIVE = ("active", "reloading", "refreshing")


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    unit = _unit()
    active = unit["state"] in _ACTIVE
    if params["marks"] is not None:
        return {"active": active, "unit": unit, "jobs": _new(params)}
    found = {place.job: _state_of(place) for place in _places(params)}
    jobs = {name: one for name, one in found.items() if one["state"]}
    return {"active": active, "unit": unit, "jobs": jobs, **(_node() if params["ask_swarm"] else {})}


def _unit() -> dict[str, str]:
    """Return what systemd knows of the service; a manager of units that does not answer knows nothing."""
    command = ["systemctl", "show", "--property=LoadState", "--property=ActiveState", UNIT]
    said = dict(line.partition("=")[::2] for line in run_command(command, _SYSTEMD_SECONDS).stdout.splitlines())
    return {"load": said.get("LoadState", ""), "state": said.get("ActiveState", "")}


def _node() -> dict[str, Any]:
    """Return the node that this host is as a manager; nothing where it is none, or its engine does not answer."""
    try:
        node, managers = SwarmEntries().own_node()
    except EngineError:
        return {}
    return {"node": {"id": node, "managers": managers}} if node else {}


def _new(params: Mapping[str, Any]) -> dict[str, Any]:
    place = Place(params["trainer"], params["name"])
    found = view(place, params["marks"], params["wait"])
    return {place.job: found} if found["state"] else {}


def _places(params: Mapping[str, Any]) -> list[Place]:
    name = params["name"]
    return [one for one in places() if one.trainer == params["trainer"] and name in ("", one.job)]


def _state_of(place: Place) -> dict[str, Any]:
    return {"state": describe_keep(place), "record": read_json(place.record)}


def main() -> None:
    run_info_without_engine(
        observe,
        {
            "trainer": {"type": "str", "required": True},
            "name": {"type": "str", "default": ""},
            "marks": {"type": "dict"},
            "wait": {"type": "float", "default": 0},
            "ask_swarm": {"type": "bool", "default": False},
        },
    )


if __name__ == "__main__":
    main()
