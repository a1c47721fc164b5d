# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The choice of interfaces and networks, once for all hosts of the play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choice import FabricSettings
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.decision import decide_networks, measurements_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.table import choice_lines

FOR_ALL = ("control_network", "data_network", "overlay_name", "overlay_mtu", "overlay_subnet", "job_network")
ARGUMENTS: dict[str, Any] = {"show": {"type": "bool", "default": True}, "refuse": {"type": "bool", "default": True}}


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        given = play.registered("fabric_arguments")
        own = play.own["fabric_arguments"]
        settings = FabricSettings(
            managers=play.managers,
            advertise_addr={host: one.get("advertise_addr") or "" for host, one in given.items()},
            data_path_addr={host: one.get("data_path_addr") or "" for host, one in given.items()},
            **{name: own[name] for name in FOR_ALL},
        )
        measured = measurements_of(play.registered("fabric_probed"))
        measured = measured or (play.own.get("fabric_endpoints") or {}).get("measured") or []
        decision = decide_networks(play.registered("fabric_observed"), measured, settings)
        if arguments["refuse"] and decision["problem"]:
            raise PlanError(decision["problem"])
        table = choice_lines(decision["choices"])
        if arguments["show"]:
            self.show(table)
        return {**decision, "table": table}
