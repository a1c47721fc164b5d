# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide which GPUs each host tests; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_check.decision import (
    HostToTest,
    decide,
    preview,
    refuse_missing,
)


class ActionModule(PlayDecision):
    role = "gpu_check"

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        own = play.own["gpu_check_arguments"]
        refuse_missing(own["hosts"], play.left)
        decision = decide([_host(name, play.variables(name)) for name in own["hosts"]])
        if self._task.check_mode:
            self.show([preview(decision, own)])
        return decision


def _host(name: str, variables: Mapping[str, Any]) -> HostToTest:
    arguments, gpus, observed = (variables[f"gpu_check_{what}"] for what in ("arguments", "gpus", "observed"))
    return HostToTest(name, arguments, gpus, observed)
