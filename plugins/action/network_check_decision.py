# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide what each host runs for the network check; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.decision import (
    CheckedHost,
    decide,
    preview,
    refuse_missing,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choose import host_network_environments


class ActionModule(PlayDecision):
    role = "network_check"

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        own = play.own["network_check_arguments"]
        refuse_missing(own["hosts"], play.left)
        hosts = {name: play.variables(name) for name in own["hosts"]}
        fabric = next((one["fabric_decision"] for one in hosts.values()), {"problem": ""})
        if fabric["problem"]:
            raise PlanError(fabric["problem"])
        decision = decide(_checked_hosts(hosts, fabric), fabric)
        if self._task.check_mode:
            self.show([preview(decision, own)])
        return decision


def _checked_hosts(hosts: Mapping[str, Mapping[str, Any]], fabric: Mapping[str, Any]) -> list[CheckedHost]:
    observed = {name: one["fabric_observed"] for name, one in hosts.items()}
    data_path = {name: fabric["data_path_addrs"][name] for name in hosts}
    environments = host_network_environments(observed, data_path)
    return [
        CheckedHost(
            name=name,
            arguments=one["network_check_arguments"],
            observed=one["network_check_observed"],
            gpus=int(one.get("nvidia_toolkit_gpu_count") or 0),
            environment=environments.get(name, {}),
        )
        for name, one in hosts.items()
    ]
