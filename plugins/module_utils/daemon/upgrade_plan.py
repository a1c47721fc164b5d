# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the packages of a host's engine to the wanted ones, never under what a restart of the engine would end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step

ACTIVE = "active"


@dataclass(frozen=True)
class UpgradeState:
    """The installed packages that have to do with the engine, and the engine with its node as they are.

    ``work`` is what a restart would end. ``node_state`` and ``node_error`` are of the swarm.
    """

    packages: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    node_state: str = ""
    node_error: str = ""
    work: tuple[str, ...] = ()

    @property
    def is_working_node(self) -> bool:
        return self.node_state == ACTIVE and not self.node_error


def missing_packages(wanted: Sequence[str], installed: Mapping[str, str]) -> list[str]:
    """Those of ``wanted``, C(NAME) or C(NAME=VERSION) with wildcards, that are not installed so."""
    named = [(one, *one.partition("=")[::2]) for one in wanted]
    return [one for one, name, version in named if not fnmatchcase(installed.get(name, ""), version or "?*")]


def plan_upgrade(state: UpgradeState, params: Mapping[str, Any]) -> Plan:
    """One step that installs what is missing. Raises PlanError while that would end a piece of work."""
    missing = missing_packages(params["packages"], state.packages)
    if not missing:
        return Plan()
    if state.work and not params["restart_under_work"]:
        raise PlanError(
            f"{', '.join(missing)} is to be installed on this host, which restarts the engine, and a restart ends what "
            f"runs there: {', '.join(state.work)}. Nothing was installed: wait until it has ended or stop it, or set "
            f"{params['restart_variable']} to true to end it."
        )
    names = [one.partition("=")[0] for one in missing]
    before = {name: state.packages.get(name, "") for name in names}
    return Plan((Step("install", {"packages": missing}),), {"packages": before}, {"packages": missing})


def former_packages(former: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """What brings the former versions back, as apt takes it; empty where none has changed."""
    return [f"{name}={version}" for name, version in former.items() if current.get(name) != version]
