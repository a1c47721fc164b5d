# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide what has to be done on each host; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.driver_repository import with_key
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import Host
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.nvidia_driver import STAGES, decide
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.signing_keys import add_keys


class ActionModule(PlayDecision):
    argument_spec: ClassVar[dict[str, Any]] = {
        "stage": {"type": "str", "choices": list(STAGES), "default": STAGES[0]},
        "host": {"type": "str", "default": ""},
    }

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        hosts = [with_key(Host(*one)) for one in play.observed("nvidia_driver")]
        judged = arguments["host"]
        bundle = (play.own.get("bundle_decision") or {}).get("path")
        decision = decide(hosts, arguments["stage"], self._task.check_mode, bool(bundle), judged)
        if arguments["stage"] == STAGES[0]:
            key = "nvidia_driver_repository_key"
            add_keys(hosts, decision["hosts"], key, lambda address: self.read_text(address, play.own))
        return decision
