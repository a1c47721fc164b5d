# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide what has to be done on each host; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.presence import gpu_problems
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import Host
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.nvidia_toolkit import decide
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.signing_keys import add_keys


class ActionModule(PlayDecision):
    argument_spec: ClassVar[dict[str, Any]] = {
        "stage": {"type": "str", "choices": ["start", "installed"], "default": "start"}
    }

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        hosts = [Host(*one) for one in play.observed("nvidia_toolkit")]
        problems = {host.name: problem_sentences(host.observed) for host in hosts}
        decision = decide(hosts, problems, arguments["stage"], bool(play.own.get("bundle_decision")))
        if arguments["stage"] == "start":
            # The preflight of the same run has said so already.
            if not any(play.registered("preflight_decision").values()):
                self._announce(hosts)
            key = "nvidia_toolkit_repository_key"
            add_keys(hosts, decision["hosts"], key, lambda address: self.read_text(address, play.own))
        return decision

    def _announce(self, hosts: list[Host]) -> None:
        without = [host.name for host in hosts if not host.observed["has_gpu"]]
        if without:
            Display().display(
                f"No NVIDIA GPU on {', '.join(without)}: the toolkit is left out there, and trainers run on the CPU."
            )


def problem_sentences(observed: Mapping[str, Any]) -> list[str]:
    """A sentence for each GPU that does not work, or for the driver; notes and warnings are left to the preflight."""
    if not observed["has_gpu"]:
        return []
    smi = observed["nvidia_smi"]
    installation = observed["driver_installation"]
    problems = gpu_problems(observed["gpus"], observed["driver_gpus"], smi["rc"], smi["said"], installation)
    return [f"{one.found.rstrip('.')}. {one.remedy.rstrip('.')}." for one in problems if one.severity == "error"]
