# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge, show and keep what the network check measured; see the documentation of the module of this name."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce import history as check_history
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.measurement import outcome
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.result import conditions, result_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.table import failure_message, measurement_lines

FILE_NAME = "network-check.json"

Variables = Mapping[str, Any]


class ActionModule(ActionBase):
    """Runs on the controller alone, once for all hosts."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = False
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self.validate_argument_spec(argument_spec={})
        variables = task_vars or {}
        arguments, decision = variables["network_check_arguments"], variables["network_check_decision"]
        path = Path(arguments["artifacts_directory"]).expanduser() / FILE_NAME
        history = _read(path)
        hostvars = {host: variables["hostvars"][host] for host in decision["hosts"]}
        result = result_of(
            outcomes={host: _outcomes(host, one, arguments["networks"]) for host, one in hostvars.items()},
            about=conditions(decision, arguments, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")),
            observed={host: one["fabric_observed"] for host, one in hostvars.items()},
            fabric=next(iter(hostvars.values()))["fabric_decision"],
            arguments=arguments,
            history=history,
        )
        replaces = arguments["baseline"] == "replace"
        _write(path, check_history.add(history, result["cluster"], result, replaces))
        Display().display("\n".join(measurement_lines(result)))
        has_failed = bool(result["problems"] or (result["regressions"] and not replaces))
        failure = {"failed": True, "msg": failure_message(result)} if has_failed else {}
        return {"changed": False, **result, **failure}


def _outcomes(host: str, variables: Variables, networks: list[str]) -> dict[str, Any]:
    """Return by network what the containers of a host have written, or how they ended."""
    written = {one["item"]: one.get("content") for one in _results(variables, "network_check_written")}
    ended = {one["item"]["network"]: one.get("container") for one in _results(variables, "network_check_ended")}
    return {
        network: outcome(
            b64decode(written.get(network) or "").decode(), host, (ended.get(network) or {}).get("State") or {}
        )
        for network in networks
    }


def _results(variables: Variables, name: str) -> list[Variables]:
    return (variables.get(name) or {}).get("results") or []


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise AnsibleActionFail(f"{path} cannot be read on the controller: {error}. Mend or remove it.") from error


def _write(path: Path, history: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.write_text(json.dumps(history, indent=4, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise AnsibleActionFail(f"{path} cannot be written on the controller: {error}.") from error
