# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide what has to be done on each host; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.docker import decide, notes
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import Host
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.signing_keys import add_keys

STAGES = ["start", "packages", "end"]


class ActionModule(PlayDecision):
    argument_spec: ClassVar[dict[str, Any]] = {"stage": {"type": "str", "choices": STAGES, "default": "start"}}

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        hosts = [Host(*one) for one in play.observed("docker")]
        requirements = {host.name: self.read_text(host.arguments["requirements_file"], play.own) for host in hosts}
        wheels = (play.own.get("bundle_decision") or {}).get("sdk_wheels") or ""
        decision = decide(hosts, requirements, arguments["stage"], self._task.check_mode, wheels)
        if arguments["stage"] == "start":
            for note in notes(hosts):
                Display().display(note)
            add_keys(hosts, decision["hosts"], "docker_repository_key", lambda key: self.read_text(key, play.own))
        if decision["upgrade_order"]:
            order = ", ".join(decision["upgrade_order"])
            self.show([f"These engines are upgraded, one after the other: {order}"])
        for one in decision["hosts"].values():
            one["wheels_path"] = str(Path(one["wheels_path"]).expanduser())
        return decision
