#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_keeper
short_description: Give a training job to its keeper, or have it ended
version_added: "1.0.0"
description:
  - Writes what the service C(distrain-keeper) of a host needs to know of a job below C(/var/lib/distrain/keeper),
    readable by root alone. The service of one host, the keeper, starts the job on all hosts, follows it, starts it
    again where that helps, and ends it; those of the others do what it asks them for this job.
  - It starts nothing itself, and asks no engine but with O(announce). The service sees within a second what has
    changed.
extends_documentation_fragment:
  - distrain.cluster.attributes
options:
  trainer:
    description: The name of the trainer.
    type: str
    required: true
  name:
    description: The name of the job.
    type: str
    required: true
  state:
    description:
      - With V(kept) the host has what O(host), O(keep) and O(options) give it.
      - With V(stopped) the keeper ends the job and does not start it again. The module waits until that is done, for at
        most O(timeout); RV(phase) says what came of it. A keeper that does not run finds the request when it comes
        back. On a host that does not keep the job nothing is done.
    type: str
    choices: [kept, stopped]
    default: kept
  host:
    description: The host's own part of the job, as M(distrain.cluster.trainer_keeper_decision) returns it.
    type: str
    default: ""
  keep:
    description: What the keeper has to know, as M(distrain.cluster.trainer_keeper_decision) returns it.
    type: str
    default: ""
  options:
    description: Options of a job that is kept already, which take the place of those that it has.
    type: str
    default: ""
  announce:
    description:
      - Whether the managers of the swarm are to decide from now on which of them keeps the job, in O(keep), that was
        given to them before. For this a config of the swarm, C(distrain-job-) and sixteen digits, says in its labels
        who keeps the job and how far it has come; it has no secret. The host has to be a manager.
    type: bool
    default: false
  timeout:
    description: How many seconds to wait for the end of the job.
    type: int
    default: 60
seealso:
  - module: distrain.cluster.trainer_keeper_info
"""

EXAMPLES = r"""
- name: Have the keeper end the job
  distrain.cluster.trainer_keeper:
    trainer: llama-factory
    name: sft
    state: stopped
"""

RETURN = r"""
phase:
  description:
    - How far the keeper is (C(beginning), C(following) or C(over)); empty where the host does not keep the job.
  type: str
  returned: success
  sample: following
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import TimedOut
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.base.wait import wait_until
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.entry import given
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.phases import OVER
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, read_json, write_json
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.plan import Found, plan_place
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.state import describe_keep
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.swarm import SwarmEntries
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine


def observe(engine: None, params: Mapping[str, Any]) -> Found:
    place = Place(params["trainer"], params["name"])
    return Found(
        host=read_json(place.host),
        keep=read_json(place.keep),
        phase=describe_keep(place).get("phase", ""),
        is_stopping=place.stop.exists(),
        is_released=place.released.exists(),
        announced=_announced(place) if params["announce"] else "",
    )


def _announced(place: Place) -> str:
    entry = SwarmEntries().entry(place)
    return entry.run if entry else ""


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    place = Place(params["trainer"], params["name"])
    place.make()
    if step.verb == "host":
        write_json(place.host, step.secrets["content"])
        place.released.unlink(missing_ok=True)
    elif step.verb == "stop":
        _stop(place, params["timeout"])
    elif step.verb == "announce":
        swarm = SwarmEntries()
        swarm.write(place, given(swarm.entry(place), step.arguments["run"]))
    else:
        if step.verb == "keep":
            for of_earlier_run in (place.stop, place.screen, place.progress, place.stacks):
                of_earlier_run.unlink(missing_ok=True)
        write_json(place.keep, step.secrets["content"])


def _stop(place: Place, timeout: float) -> None:
    """Leave the request, which also a keeper finds that comes later, and wait for what comes of it."""
    write_json(place.stop, {})
    with contextlib.suppress(TimedOut):
        wait_until(
            lambda: describe_keep(place).get("phase"),
            lambda phase: phase == OVER,
            lambda phase: f"the job is still {phase}",
            timeout,
        )


def report(found: Found, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"phase": found.phase}


def main() -> None:
    run_without_engine(
        Operation(
            observe,
            plan_place,
            apply,
            report,
            {
                "trainer": {"type": "str", "required": True},
                "name": {"type": "str", "required": True},
                "state": {"type": "str", "choices": ["kept", "stopped"], "default": "kept"},
                "host": {"type": "str", "default": "", "no_log": True},
                "keep": {"type": "str", "default": "", "no_log": True},
                "options": {"type": "str", "default": "", "no_log": True},
                "announce": {"type": "bool", "default": False},
                "timeout": {"type": "int", "default": 60},
            },
        )
    )


if __name__ == "__main__":
    main()
