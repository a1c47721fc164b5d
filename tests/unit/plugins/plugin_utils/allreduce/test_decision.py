# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which containers check the networks, and which checks are refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.decision import (
    CheckedHost,
    decide,
    preview,
    refuse_missing,
)

FABRIC = {
    "data_path_addrs": {"gpu-01": "192.0.2.11", "gpu-02": "192.0.2.12"},
    "overlay": {"subnet": "10.77.0.0/16"},
}
ARGUMENTS: dict[str, Any] = {
    "first_host": "gpu-01",
    "image": "distrain/trainer:1",
    "overlay": "distrain",
    "networks": ["overlay", "host"],
    "directory": "/var/lib/distrain/network-check",
    "environment": {"OMP_NUM_THREADS": 1},
    "ulimits": {"memlock": -1},
    "gpu_count": -1,
    "gpu_device": "nvidia.com/gpu=all",
    "processes_per_host": 0,
    "port": 29511,
    "sizes": [4, 8],
    "rounds": 3,
    "seconds": 0.3,
    "repetitions": 200,
    "arrival_timeout": 120,
    "step_timeout": 30,
    "timeout": 600,
    "tune": True,
    "tunings": {},
}
RDMA = {"NCCL_SOCKET_IFNAME": "=ib0", "NCCL_IB_HCA": "mlx5_0"}


def host(name: str, gpus: int = 0, environment: dict[str, str] | None = None, **changes: Any) -> CheckedHost:
    observed = {"image_layers": ["sha256:1"], "running_jobs": []}
    observed |= {key: changes.pop(key) for key in list(changes) if key in observed}
    return CheckedHost(name, {**ARGUMENTS, **changes}, observed, gpus, environment or {})


def test_the_ranks_find_each_other_by_name_or_by_address() -> None:
    found = decide([host("gpu-02"), host("gpu-01", processes_per_host=2)], FABRIC)
    assert (found["ranks"], found["backend"]) == (["gpu-01", "gpu-01", "gpu-02"], "gloo")
    assert [one["is_first"] for one in found["hosts"].values()] == [False, True]
    overlay, on_host = found["hosts"]["gpu-02"]["containers"]
    words = " ".join(overlay["command"])
    assert words.startswith(
        "--network overlay --host gpu-02 --ranks gpu-01 gpu-01 gpu-02 --address distrain-check-overlay-gpu-01 "
        "--near 10.77.0.0 --networks overlay host --port 29511 --sizes 4 8"
    )
    assert "--arrival 120 --patience 30 --timeout 600 --backend gloo --directory /run/distrain/shared" in words
    assert "--near" not in on_host["command"]
    assert on_host["command"][on_host["command"].index("--address") + 1] == "192.0.2.11"


def test_a_container_is_as_a_trainers() -> None:
    names = ["distrain-check-overlay-gpu-01", "distrain-check-host-gpu-01"]
    found = decide([host("gpu-01", 8, RDMA, networks=["host"]), host("gpu-02", 8)], FABRIC)
    assert found["backend"] == "nccl"
    assert found["hosts"]["gpu-01"]["names"] == names
    (container,) = found["hosts"]["gpu-01"]["containers"]
    assert (container["name"], container["hostname"], container["network_mode"]) == (names[1], "", "host")
    assert container["environment"] == {**RDMA, "OMP_NUM_THREADS": "1"}
    assert (container["devices"], container["capabilities"]) == (["/dev/infiniband"], ["IPC_LOCK"])
    assert container["ulimits"] == ["memlock:-1:-1"]
    assert container["device_requests"][0]["device_ids"] == ["nvidia.com/gpu=all"]
    overlay = found["hosts"]["gpu-02"]["containers"][0]
    assert (overlay["hostname"], overlay["network_mode"]) == ("distrain-check-overlay-gpu-02", "distrain")
    assert overlay["devices"] == []


def test_a_count_of_gpus_that_is_set_wins() -> None:
    found = decide([host("gpu-01", 8, gpu_count=0), host("gpu-02", 2)], FABRIC)
    assert (len(found["ranks"]), found["backend"]) == (3, "gloo")
    assert found["hosts"]["gpu-01"]["containers"][0]["device_requests"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sizes": []}, r"network_check_sizes \(\) has to name at least one size"),
        ({"sizes": [4, 4]}, r"network_check_sizes \(4, 4\) .* each once"),
        ({"sizes": [6]}, "multiple of 4 bytes"),
        ({"networks": []}, "has to name overlay, host or both"),
        ({"networks": ["host", "host"]}, r"network_check_networks \(host, host\)"),
        ({"image_layers": []}, r"Host gpu-01 does not have the image distrain/trainer:1\. Run playbooks/images.yml"),
        ({"running_jobs": ["sft"]}, "On host gpu-01 job sft still runs"),
        ({"running_jobs": ["a", "b"]}, "On host gpu-01 jobs a, b still run:"),
    ],
)
def test_what_cannot_be_checked_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        decide([host("gpu-01", **changes), host("gpu-02")], FABRIC)


def test_another_image_of_the_same_name_is_refused() -> None:
    with pytest.raises(PlanError, match="Host gpu-02 has another image distrain/trainer:1 than gpu-01"):
        decide([host("gpu-01"), host("gpu-02", image_layers=["sha256:2"])], FABRIC)


def test_one_host_has_no_network_to_check() -> None:
    with pytest.raises(PlanError, match=r"network_check_hosts: found gpu-01\. Name at least two"):
        decide([host("gpu-01")], FABRIC)


def test_hosts_that_the_run_leaves_out_are_named() -> None:
    with pytest.raises(PlanError, match="network_check_hosts also names gpu-02, which this run leaves out"):
        refuse_missing(["gpu-01", "gpu-02"], ["gpu-01"])
    refuse_missing(["gpu-01"], ["gpu-01", "gpu-02"])


def test_the_preview_says_what_would_be_measured() -> None:
    decision = decide([host("gpu-01", 2), host("gpu-02")], FABRIC)
    assert preview(decision, ARGUMENTS) == (
        "3 ranks on gpu-01, gpu-02 would make all-reduces with gloo in distrain/trainer:1, 3 times each of 4, 8 bytes, "
        "in turn over overlay and host."
    )
