# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare, show and keep what the tests of GPUs have measured; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.finding import worst_first
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.table import finding_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_check.table import (
    check_lines,
    failure_message,
    rows_of,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_check.verdict import Limits, verdict

FILE_NAME = "gpu-check.json"
ALL_ALIKE = "No GPU is slower than the others or computes otherwise."


class ActionModule(PlayDecision):
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        own, hosts = play.own["gpu_check_arguments"], play.own["gpu_check_decision"]["hosts"]
        rows = [row for name, one in hosts.items() for row in _rows(name, one["gpus"], play.variables(name))]
        found = verdict(rows, Limits(own["slow_percent"], own["slow_copy_percent"]))
        findings = worst_first(found, list(hosts))
        result = {
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "image": own["image"],
            "device": "cpu" if own["on_cpu"] else "cuda",
            "gpus": rows,
            "findings": findings,
        }
        self.keep(own["artifacts_directory"], FILE_NAME, result)
        self.show([*check_lines(rows), *(finding_lines(findings) or [ALL_ALIKE])])
        message = failure_message(findings)
        # Returned, not raised: the result is registered also where the check has failed.
        return {**result, "failed": True, "msg": message} if message else result


def _rows(name: str, gpus: list[dict[str, Any]], variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    printed, ended = (variables.get(key) or {} for key in ("gpu_check_printed", "__gpu_check_end"))
    lines = str(printed.get("stdout") or "").splitlines()
    return rows_of(name, gpus, lines[-1] if lines else "", ended.get("rc") != 124)
