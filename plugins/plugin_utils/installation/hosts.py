# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a decision knows of each host, and one error for the problems of all hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError


@dataclass(frozen=True)
class Host:
    """The validated arguments of a role on a host, and what was observed there."""

    name: str
    arguments: Mapping[str, Any]
    observed: Mapping[str, Any]


def refuse(problems: Iterable[tuple[str, str]]) -> None:
    """Raise PlanError with a line for each problem, which names the hosts that have it; nothing without problems."""
    hosts: dict[str, list[str]] = {}
    for host, problem in problems:
        hosts.setdefault(problem, []).append(host)
    if hosts:
        raise PlanError("\n".join(f"{', '.join(names)}: {problem}" for problem, names in hosts.items()))


def first_to_restart(hosts: Iterable[Host]) -> str:
    """The name of the first host whose engine has to be restarted; empty where none has to."""
    return next((host.name for host in hosts if (host.observed.get("configuration") or {}).get("needs_restart")), "")
