# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the overlay network carries between all hosts, decided once from what they measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.overlay.table import matrix_lines, verdict_message
from ansible_collections.distrain.cluster.plugins.plugin_utils.overlay.verdict import Overlay, judge_overlay

REPORT = "overlay-matrix.json"
ARGUMENTS: dict[str, Any] = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "network": {"type": "str", "required": True},
    "encrypted": {"type": "bool", "default": False},
    "data_path_port": {"type": "int", "default": 4789},
    "listened": {"type": "str", "required": True},
    "probed": {"type": "str", "required": True},
    "artifacts_directory": {"type": "str", "default": ""},
}


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        hosts = arguments["hosts"]
        probed, listened = play.registered(arguments["probed"]), play.registered(arguments["listened"])
        overlay = Overlay(
            name=arguments["network"],
            encrypted=arguments["encrypted"],
            data_path_port=arguments["data_path_port"],
            received_from={host: probed[host].get("received_from") for host in hosts},
            features={host: listened[host].get("features") or {} for host in hosts},
        )
        rows = [row for host in hosts for row in probed[host].get("measurements") or ()]
        verdict = judge_overlay(rows, overlay)
        self.keep(arguments["artifacts_directory"], REPORT, verdict)
        self.show(matrix_lines(verdict))
        if not verdict["whole"]:
            # The matrix has been shown; as a part of the error it would hide what is wrong.
            problems = {key: value for key, value in verdict.items() if key != "matrix"}
            return {**problems, "failed": True, "msg": verdict_message(verdict)}
        return verdict
