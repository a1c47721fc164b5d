# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What M(distrain.cluster.engine_configuration) would do on this host, for a decision over all hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..apt.preview import SOURCE_SPEC
from ..base.errors import PlanError
from .change import observe_engine_host
from .plan import plan_engine

CONFIGURATION_SPEC: dict[str, Any] = {
    "owner": {"type": "str", "required": True},
    "options": {"type": "dict", "default": {}},
    "options_variable": {"type": "str", "default": "options"},
    "restart_under_work": {"type": "bool", "default": False},
    "restart_variable": {"type": "str", "default": "restart_under_work"},
    "path": {"type": "path", "default": "/etc/docker/daemon.json"},
}
OBSERVED_SPEC: dict[str, Any] = {
    "source": {"type": "dict", "options": SOURCE_SPEC},
    "configuration": {"type": "dict", "required": True, "options": CONFIGURATION_SPEC},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def preview_configuration(params: Mapping[str, Any], docker_socket: str) -> dict[str, Any]:
    """The steps, whether they restart the engine, what a restart would end, and why there can be no steps."""
    host = observe_engine_host({**params, "docker_socket": docker_socket})
    facts = {"has_unit": bool(host.command), "running_work": list(host.work)}
    try:
        steps = [step.verb for step in plan_engine(host, params).steps]
    except PlanError as error:
        return {**facts, "steps": [], "needs_restart": False, "problem": error.message}
    return {**facts, "steps": steps, "needs_restart": "configure" in steps, "problem": ""}
