# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be written so that a host knows its part of a job, or keeps one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from .phases import OVER

STOPPED = "stopped"


@dataclass(frozen=True)
class Found:
    """What a host has of a job: its own part, what it keeps, in which phase that is, and whether its end is wanted.

    C(announced) is what the managers of the swarm know of the job, where that was asked for.
    """

    host: Mapping[str, Any] = field(default_factory=dict)
    keep: Mapping[str, Any] = field(default_factory=dict)
    phase: str = ""
    is_stopping: bool = False
    is_released: bool = False
    announced: str = ""


def plan_place(found: Found, params: Mapping[str, Any]) -> Plan:
    """Plan to give a host what it lacks; what is given has secrets, so that a difference is shown by its kind alone."""
    if params["state"] == STOPPED:
        ends = bool(found.keep) and found.phase != OVER and not found.is_stopping
        before, after = {"phase": found.phase or "absent"}, {"phase": OVER if found.keep else "absent"}
        return Plan(steps=(Step("stop"),), before=before, after=after) if ends else Plan(before=before, after=before)
    host, keep = parsed(params, "host"), parsed(params, "keep")
    options = parsed(params, "options")
    wanted = {**found.keep, "options": options} if options and found.keep else found.keep
    steps, changed = [], []
    if host and (host != found.host or found.is_released):
        steps.append(Step("host", secrets={"content": host}))
        changed.append("its part of the job")
    if keep and keep != found.keep:
        steps.append(Step("keep", secrets={"content": keep}))
        changed.append("what is kept")
    elif not keep and wanted != found.keep:
        steps.append(Step("options", secrets={"content": wanted}))
        changed.append("the options of what is kept")
    if params["announce"] and keep and keep["run"] != found.announced:
        steps.append(Step("announce", {"run": keep["run"]}))
        changed.append("what the managers know")
    after = dict.fromkeys(changed, "new")
    return Plan(steps=tuple(steps), before=dict.fromkeys(changed, "old"), after=after)


def parsed(params: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object of a parameter; raise PlanError where it is none."""
    text = params[name]
    if not text:
        return {}
    try:
        content = json.loads(text)
    except ValueError as error:
        raise PlanError(f"{name} is no JSON: {error}.") from error
    if not isinstance(content, dict):
        raise PlanError(f"{name} is no JSON object.")
    return content
