# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge, show and keep what the network check measured; see the documentation of the module of this name."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce import history as check_history
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.measurement import outcome
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.result import conditions, result_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.table import failure_message, measurement_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables

Variables = Mapping[str, Any]


class ActionModule(PlayDecision):
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        own, decision = play.own["network_check_arguments"], play.own["network_check_decision"]
        directory = own["artifacts_directory"]
        history = self.kept(directory, check_history.FILE_NAME)
        hosts = {name: play.variables(name) for name in decision["hosts"]}
        result = result_of(
            outcomes={name: _outcomes(name, one, own["networks"]) for name, one in hosts.items()},
            about=conditions(decision, own, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")),
            decision=decision,
            observed={name: one["fabric_observed"] for name, one in hosts.items()},
            fabric=next(one["fabric_decision"] for one in hosts.values()),
            arguments=own,
            history=history,
        )
        replaces = own["baseline"] == "replace"
        self.keep(directory, check_history.FILE_NAME, check_history.add(history, result["cluster"], result, replaces))
        self.show(measurement_lines(result))
        has_failed = bool(result["problems"] or (result["regressions"] and not replaces))
        # Returned, not raised: the result is registered also where the check has failed.
        return {**result, "failed": True, "msg": failure_message(result)} if has_failed else result


def _outcomes(host: str, variables: Variables, networks: list[str]) -> dict[str, Any]:
    """Return by network what the containers of a host have written, or how they ended."""
    written = {one["item"]: one.get("content") or "" for one in _results(variables, "network_check_written")}
    ended = {one["item"]["network"]: one.get("container") or {} for one in _results(variables, "network_check_ended")}
    return {
        network: outcome(b64decode(written.get(network, "")).decode(), host, ended.get(network, {}).get("State") or {})
        for network in networks
    }


def _results(variables: Variables, name: str) -> list[Variables]:
    return (variables.get(name) or {}).get("results") or []
