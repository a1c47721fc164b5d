# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: from the packages that are held on a host to those that should be, and a record of which of them we hold.

A package that somebody else holds is not ours: it is in no record, and is never released.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step

VERSION = 1


@dataclass(frozen=True)
class HoldState:
    """The installed packages among those that are asked for, those that are held, and the text of the record."""

    installed: frozenset[str] = field(default_factory=frozenset)
    held: frozenset[str] = field(default_factory=frozenset)
    record: str = ""


def parse_held(text: str, path: str) -> tuple[str, ...]:
    """Return the packages of a record; raise PlanError where it is none."""
    if not text.strip():
        return ()
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise ValueError(f"its version is {content['version']}")
        return tuple(str(name) for name in content["held"])
    except (TypeError, KeyError, ValueError) as error:
        raise PlanError(
            f"{path} is no record of packages that this collection holds ({error}). Remove that file on the host: "
            "packages that are held stay so until apt-mark unhold."
        ) from error


def held_text(names: Iterable[str]) -> str:
    """Return a record; empty where there is nothing to record."""
    found = sorted(set(names))
    return json.dumps({"version": VERSION, "held": found}, indent=1) + "\n" if found else ""


def plan_hold(state: HoldState, params: Mapping[str, Any]) -> Plan:
    """The record is written before packages are held, and after they are released: it never lacks one of ours."""
    path, recorded = params["record"], set(parse_held(state.record, params["record"]))
    wanted = set(params["packages"]) if params["state"] == "present" else set()
    absent = sorted(wanted - state.installed)
    if absent:
        raise PlanError(f"{', '.join(absent)}: not installed on this host, so that there is nothing to hold.")
    hold, release = sorted(wanted - state.held), sorted((recorded - wanted) & state.held)
    ours = (recorded & wanted) | set(hold)
    steps = []
    if hold:
        steps += [Step("record", {"text": held_text(recorded | ours)}), Step("hold", {"names": hold})]
    if release:
        steps.append(Step("release", {"names": release}))
    if held_text(ours) != (held_text(recorded | ours) if hold else state.record):
        steps.append(Step("record", {"text": held_text(ours)}))
    held = sorted((state.held | set(hold)) - set(release))
    return Plan(tuple(steps), {"held": sorted(state.held), path: state.record}, {"held": held, path: held_text(ours)})
