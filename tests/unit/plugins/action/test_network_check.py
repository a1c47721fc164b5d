# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions of the network check read of the hosts, keep on the controller, and return."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.action import network_check_decision, network_check_result
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayVariables
from ansible_collections.distrain.cluster.tests.unit.plugins.plugin_utils.allreduce.test_decision import ARGUMENTS
from ansible_collections.distrain.cluster.tests.unit.support.actions import action
from ansible_collections.distrain.cluster.tests.unit.support.fabric_hosts import fleet

HOSTS = ["gpu-01", "gpu-02"]
MIB = 1 << 20
FABRIC = {
    "problem": "",
    "data_path_addrs": {"gpu-01": "198.51.100.11", "gpu-02": "198.51.100.12"},
    "overlay": {"subnet": "10.77.0.0/16"},
    "job_network": "overlay",
}
LIMITS = {"large_bytes": MIB, "overlay_cost_percent": 20, "regression_percent": 30, "baseline": "keep"}


def play(left: list[str] | None = None, fabric: Any = None, **others: Any) -> PlayVariables:
    arguments = {**ARGUMENTS, **LIMITS, "hosts": HOSTS, **others.pop("arguments", {})}
    hostvars = {
        host: {
            "network_check_arguments": arguments,
            "network_check_observed": {"image_layers": ["sha256:1"], "running_jobs": []},
            "fabric_decision": fabric or FABRIC,
            "fabric_observed": {"kernel": "6.12", "engine": {"version": "28.0.0"}, **facts},
            **others,
        }
        for host, facts in list(fleet().items())[:2]
    }
    names = {"ansible_play_hosts_all": HOSTS, "ansible_play_hosts": left or HOSTS, "groups": {}, "hostvars": hostvars}
    return PlayVariables({**hostvars["gpu-01"], **names})


def measured(seconds: float, problem: str = "") -> dict[str, Any]:
    rows = [{"bytes": MIB, "seconds": seconds, "repetitions": 3}]
    content = base64.b64encode(
        json.dumps({"default": {"rows": rows, "versions": {}, "problem": problem}}).encode()
    ).decode()
    return {
        "network_check_written": {"results": [{"item": name, "content": content} for name in ("overlay", "host")]},
        "network_check_ended": {"results": []},
        "network_check_decision": {
            "ranks": HOSTS,
            "backend": "gloo",
            "tunings": {key: {"default": {}} for key in ("overlay", "host")},
            "hosts": {name: {} for name in HOSTS},
        },
    }


def test_what_hosts_have_registered_decides() -> None:
    made, shown = action(network_check_decision)
    found = made.decide({}, play(nvidia_toolkit_gpu_count="2"))
    assert (len(found["ranks"]), found["backend"], shown) == (4, "nccl", [])
    environment = found["hosts"]["gpu-01"]["containers"][1]["environment"]
    assert environment["NCCL_SOCKET_IFNAME"] == "=ens1"


def test_check_mode_shows_what_would_be_measured() -> None:
    made, shown = action(network_check_decision, check_mode=True)
    made.decide({}, play())
    assert shown[0].startswith("2 ranks on gpu-01, gpu-02 would make all-reduces with gloo")


def test_left_out_hosts_and_unknown_networks_are_refused() -> None:
    made, _shown = action(network_check_decision)
    with pytest.raises(PlanError, match="also names gpu-02"):
        made.decide({}, play(left=["gpu-01"]))
    with pytest.raises(PlanError, match="no network connects"):
        made.decide({}, play(fabric={"problem": "no network connects them"}))


def test_a_result_is_shown_kept_and_compared(tmp_path: Path) -> None:
    directory = {"artifacts_directory": str(tmp_path / "artifacts")}
    made, shown = action(network_check_result)
    first = made.decide({}, play(arguments=directory, **measured(1.0)))
    assert not first.get("failed") and first["network"] == "overlay"
    assert shown[-1].startswith("A job should use the overlay")
    kept = json.loads((tmp_path / "artifacts/network-check.json").read_text())
    assert kept["clusters"][first["cluster"]]["baseline"]["rows"] == first["rows"]
    slower = made.decide({}, play(arguments=directory, **measured(2.0)))
    assert slower["failed"] and "it became slower" in slower["msg"] and slower["rows"]
    replaced = made.decide({}, play(arguments={**directory, "baseline": "replace"}, **measured(2.0)))
    assert not replaced.get("failed")


def test_a_host_without_a_result_is_a_problem(tmp_path: Path) -> None:
    made, _shown = action(network_check_result)
    nothing = {**measured(1.0), "network_check_written": {"results": []}}
    found = made.decide({}, play(arguments={"artifacts_directory": str(tmp_path)}, **nothing))
    assert found["failed"] and "the container on gpu-01 is gone and left no result" in found["msg"]


def test_a_file_that_cannot_be_read_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "network-check.json").write_text("not JSON")
    made, _shown = action(network_check_result)
    with pytest.raises(PlanError, match="cannot be read on the controller"):
        made.decide({}, play(arguments={"artifacts_directory": str(tmp_path)}, **measured(1.0)))
