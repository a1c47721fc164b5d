# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide what each host runs for the network check; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.decision import (
    CheckedHost,
    decide,
    preview,
    refuse_missing,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choose import host_network_environments


class ActionModule(ActionBase):
    """Runs on the controller alone, once for all hosts."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self.validate_argument_spec(argument_spec={})
        variables = task_vars or {}
        arguments = variables["network_check_arguments"]
        try:
            refuse_missing(arguments["hosts"], variables["ansible_play_hosts"])
            decision = self._decide(variables["hostvars"], list(arguments["hosts"]))
        except ClusterError as error:
            return {"changed": False, "failed": True, "msg": error.message}
        if self._task.check_mode:
            Display().display(preview(decision, arguments))
        return {"changed": False, **decision}

    def _decide(self, hostvars: Mapping[str, Mapping[str, Any]], names: list[str]) -> dict[str, Any]:
        fabric: Mapping[str, Any] = hostvars[names[0]]["fabric_decision"] if names else {"problem": ""}
        observed = {name: hostvars[name]["fabric_observed"] for name in names}
        data_path = {name: address for name, address in fabric.get("data_path_addrs", {}).items() if name in observed}
        environments = host_network_environments(observed, data_path)
        hosts = [
            CheckedHost(
                name=name,
                arguments=hostvars[name]["network_check_arguments"],
                observed=hostvars[name]["network_check_observed"],
                gpus=int(hostvars[name].get("nvidia_toolkit_gpu_count") or 0),
                environment=environments.get(name, {}),
            )
            for name in names
        ]
        return decide(hosts, fabric)
