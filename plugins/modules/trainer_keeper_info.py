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
  - Reads what the service C(distrain-keeper) of this host has written of the jobs that it keeps. It asks no engine and
    no other host, so that it answers also while they are down.
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
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.command import run_command
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, places, read_json
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.state import describe_keep
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.view import view
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine

UNIT = "distrain-keeper.service"
_SYSTEMD_SECONDS = 10.0


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    active = run_command(["systemctl", "is-active", "--quiet", UNIT], _SYSTEMD_SECONDS).rc == 0
    if params["marks"] is not None:
        return {"active": active, "jobs": _new(params)}
    found = {place.job: _state_of(place) for place in _places(params)}
    return {"active": active, "jobs": {name: one for name, one in found.items() if one["state"]}}


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
        },
    )


if __name__ == "__main__":
    main()
