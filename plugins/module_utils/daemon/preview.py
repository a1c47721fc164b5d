# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What M(distrain.cluster.engine_configuration) would do on this host, for a decision over all hosts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..apt.preview import SOURCE_SPEC
from ..base.errors import PlanError
from .change import observe_engine_host
from .plan import PACKAGED_COMMAND, configuration_flags, plan_engine, planned_change

CONFIGURATION_SPEC: dict[str, Any] = {
    "owner": {"type": "str", "required": True},
    "options": {"type": "dict", "default": {}},
    "options_variable": {"type": "str", "default": "options"},
    "restart_under_work": {"type": "bool", "default": False},
    "restart_variable": {"type": "str", "default": "restart_under_work"},
    "path": {"type": "path", "default": "/etc/docker/daemon.json"},
}
# The options that decide whether an engine can carry a cluster. No other content of the file leaves the host.
DECISIVE_OPTIONS = ("firewall-backend", "hosts", "iptables", "live-restore", "tlsverify", "userns-remap")
OBSERVED_SPEC: dict[str, Any] = {
    "source": {"type": "dict", "options": SOURCE_SPEC},
    "configuration": {"type": "dict", "required": True, "options": CONFIGURATION_SPEC},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def preview_configuration(params: Mapping[str, Any], docker_socket: str) -> dict[str, Any]:
    """The steps, whether they restart the engine, what a restart would end, and why there can be no steps.

    C(options) are the decisive options of the file as it would be, C(flags) the keys that the unit sets.
    """
    host = observe_engine_host({**params, "docker_socket": docker_socket})
    flags = sorted(set(configuration_flags(host.command or PACKAGED_COMMAND)) & set(DECISIVE_OPTIONS))
    facts = {"flags": flags, "running_work": list(host.work)}
    try:
        text = planned_change(host, params).text
        steps = [step.verb for step in plan_engine(host, params).steps]
    except PlanError as error:
        return {**facts, "options": {}, "steps": [], "needs_restart": False, "problem": error.message}
    wanted = json.loads(text or "{}")
    options = {name: wanted[name] for name in DECISIVE_OPTIONS if name in wanted}
    return {**facts, "options": options, "steps": steps, "needs_restart": "configure" in steps, "problem": ""}
