# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lay out the hosts of a lab; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.capabilities import missing_capabilities
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.layout import lay_out
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.machine_gpus import observe_machine_gpus


class ActionModule(PlayDecision):
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        lab = play.own["lab_arguments"]
        # A lab without GPUs hides those that the machine has.
        gpus = observe_machine_gpus()
        return {**lay_out(lab, gpus), "missing_capabilities": missing_capabilities(status)}
