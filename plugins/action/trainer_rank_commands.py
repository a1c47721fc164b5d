# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Print commands for one rank of a job; see the documentation of the module of this name."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.other_host import OtherHost
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import ssh_target_of, terminal_command
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.rank_commands import (
    follow_log,
    host_of_rank,
    shell_in,
)

ARGUMENTS = {
    "job": {"type": "str", "required": True},
    "trainer": {"type": "str", "required": True},
    "rank": {"type": "int", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "first_host": {"type": "str", "default": ""},
    "registered": {"type": "str", "required": True},
    "lines": {"type": "int", "default": 50},
}


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        answers = {host: plain(found) for host, found in play.registered(arguments["registered"]).items()}
        job = arguments["job"]
        host = host_of_rank(answers, job, arguments["rank"], arguments["hosts"], arguments["first_host"])
        container = f"{arguments['trainer']}-{host}"
        target = ssh_target_of(host, OtherHost(self, host, play.own).prepare_connection())
        commands = {"shell": shell_in(container), "log": follow_log(container, job, arguments["lines"])}
        lines = {name: shlex.join(terminal_command(target, command)) for name, command in commands.items()}
        return {"host": host, "container": container, **lines}
