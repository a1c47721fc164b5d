# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions of the GPU check read of the hosts, keep on the controller, and return."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.action import gpu_check_decision, gpu_check_result
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayVariables
from ansible_collections.distrain.cluster.tests.unit.plugins.plugin_utils.gpu_check.test_gpu_check import ARGUMENTS
from ansible_collections.distrain.cluster.tests.unit.support.actions import action
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import facts_of

HOSTS = ["gpu-01", "gpu-02"]
RESULT = {
    "model": "cpu",
    "teraflops": 0.2,
    "teraflops_lowest": 0.19,
    "digest": "aa",
    "digests": ["aa"],
    "products": 8,
    "copies": {"device": 9.5},
    "problem": "",
}


def play(left: list[str] | None = None, printed: Any = None, **others: Any) -> PlayVariables:
    own = {"hosts": HOSTS, "slow_percent": 10, "slow_copy_percent": 20, "artifacts_directory": ""}
    arguments = {**ARGUMENTS, **own, **others}
    results = printed or {}
    hostvars = {
        host: {
            "gpu_check_arguments": arguments,
            "gpu_check_gpus": facts_of("h200", 1),
            "gpu_check_observed": {"image_layers": ["sha256:1"], "running_jobs": []},
            "gpu_check_printed": {"stdout": f"words\n{json.dumps({'cpu': results[host]})}" if host in results else ""},
            "__gpu_check_end": {"rc": 0},
        }
        for host in HOSTS
    }
    names = {"ansible_play_hosts_all": HOSTS, "ansible_play_hosts": left or HOSTS, "groups": {}, "hostvars": hostvars}
    return PlayVariables({**hostvars["gpu-01"], **names})


def test_check_mode_shows_what_would_be_tested() -> None:
    made, shown = action(gpu_check_decision, check_mode=True)
    found = made.decide({}, play())
    assert list(found["hosts"]) == HOSTS
    assert shown == ["The GPUs of gpu-01 (1), gpu-02 (1) would be tested in team/trainer:1 for 5 s each."]
    with pytest.raises(PlanError, match="also names gpu-02"):
        made.decide({}, play(left=["gpu-01"]))


def judged(directory: Path, slow: float) -> tuple[dict[str, Any], list[str]]:
    printed = {"gpu-01": RESULT, "gpu-02": {**RESULT, "teraflops": slow}}
    cpu = {"index": 0, "uuid": "cpu", "model": "cpu", "pci_address": ""}
    made, shown = action(gpu_check_result)
    variables = play(printed=printed, on_cpu=True, artifacts_directory=str(directory))
    variables.own["gpu_check_decision"] = {"hosts": {host: {"gpus": [cpu]} for host in HOSTS}}
    return made.decide({}, variables), shown


@pytest.mark.parametrize(("slow", "severity"), [(0.2, ""), (0.17, "warning"), (0.1, "error")])
def test_a_result_is_shown_kept_and_judged(tmp_path: Path, slow: float, severity: str) -> None:
    found, shown = judged(tmp_path, slow)
    assert [one["severity"] for one in found["findings"]] == ([severity] if severity else [])
    assert found.get("failed", False) == (severity == "error") and shown[1].startswith("gpu-01  0    cpu")
    assert shown[-1 if not severity else -2].startswith(severity or "No GPU is slower than the others")
    kept = json.loads((tmp_path / "gpu-check.json").read_text())
    assert kept["findings"] == found["findings"] and len(kept["gpus"]) == 2
    if severity == "error":
        assert found["msg"].startswith("gpu-02: its processor: multiplies matrices 50 % slower than the others")
