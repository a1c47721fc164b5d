# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether GPUs can be tested, which of them are slower or compute otherwise, and what the table says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.finding import Finding
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_check.decision import (
    HostToTest,
    decide,
    preview,
    refuse_missing,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_check.table import (
    check_lines,
    failure_message,
    rows_of,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_check.verdict import Limits, shortfall, verdict
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import facts_of, process
from hypothesis import given
from hypothesis import strategies as st

ARGUMENTS = {
    "image": "team/trainer:1",
    "gpu_device": "nvidia.com/gpu=all",
    "directory": "/var/lib/distrain/gpu-check",
    "on_cpu": False,
    "size": 0,
    "seconds": 5.0,
    "copy_bytes": 1 << 28,
    "timeout": 180,
}
LIMITS = Limits(10, 20)
MODEL = "NVIDIA H200"
COPIES = {"host_to_device": 55.0, "device_to_host": 54.0, "device": 2000.0}


def host(
    name: str = "gpu-01", count: int = 2, planted: Any = None, jobs: Any = (), layers: Any = ("sha256:1",), **own: Any
) -> HostToTest:
    facts = facts_of("h200", count, planted) if count else {"gpus": []}
    return HostToTest(name, {**ARGUMENTS, **own}, facts, {"image_layers": list(layers), "running_jobs": list(jobs)})


def test_each_gpu_of_each_host_is_tested() -> None:
    found = decide([host(), host("gpu-02", 1)])["hosts"]
    first, second = found["gpu-01"], found["gpu-02"]
    assert [gpu["index"] for gpu in first["gpus"]] == [0, 1] and len(second["gpus"]) == 1
    words = first["container"]["command"]
    assert words[:4] == ["--device", "cuda", "--size", "8192"] and words[-3] == "--gpus"
    assert words[-2:] == [gpu["uuid"] for gpu in first["gpus"]]
    assert first["container"]["device_requests"][0]["device_ids"] == ["nvidia.com/gpu=all"]
    assert preview({"hosts": found}, ARGUMENTS) == (
        "The GPUs of gpu-01 (2), gpu-02 (1) would be tested in team/trainer:1 for 5 s each."
    )


def test_the_processor_in_place_of_gpus() -> None:
    found = decide([host(count=0, on_cpu=True)])["hosts"]["gpu-01"]
    assert found["container"]["command"][-2:] == ["--gpus", "cpu"] and found["container"]["device_requests"] == []
    assert "1024" in found["container"]["command"]


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ([], "gpu_check_hosts names no host"),
        ([host(count=0)], "Host gpu-01: nvidia-smi lists no GPU to test. See"),
        ([host(planted={"mig_mode/current_mig": "Enabled"}, count=1)], "those that MIG divides are not tested"),
        ([host(jobs=["sft"])], "On host gpu-01 job sft still runs"),
        ([host(jobs=["sft"], on_cpu=True)], "On host gpu-01 job sft still runs"),
        ([host(jobs=["a", "b"])], "jobs a, b still run"),
        (
            [host(planted={"processes": process(4711, "/usr/bin/python3")})],
            "0000:17:00.0) is used by /usr/bin/python3 (PID 4711)",
        ),
        ([host(layers=())], "does not have the image team/trainer:1"),
        ([host(), host("gpu-02", layers=["sha256:2"])], "Host gpu-02 has another image team/trainer:1 than gpu-01"),
        ([host(timeout=20)], "gpu_check_timeout (20) has to be at least 20 s more than gpu_check_seconds (5)"),
    ],
    ids=str,
)
def test_what_is_refused(hosts: list[HostToTest], words: str) -> None:
    with pytest.raises(PlanError) as refused:
        decide(hosts)
    assert words in refused.value.message


def test_all_problems_of_all_hosts_are_one_error() -> None:
    with pytest.raises(PlanError) as refused:
        decide([host(jobs=["sft"]), host("gpu-02", layers=())])
    assert len(refused.value.message.splitlines()) == 2
    with pytest.raises(PlanError, match="also names gpu-02"):
        refuse_missing(["gpu-01", "gpu-02"], ["gpu-01"])


def row(
    number: int, teraflops: float = 700.0, digest: str = "aa", model: str = MODEL, **changes: Any
) -> dict[str, Any]:
    gpu = {"index": number, "uuid": f"GPU-{number}", "model": model, "pci_address": f"0000:{number:02x}:00.0"}
    return {
        "host": f"gpu-{number // 8 + 1:02d}",
        "gpu": gpu,
        "teraflops": teraflops,
        "teraflops_lowest": teraflops,
        "digest": digest,
        "digests": [digest],
        "products": 20,
        "copies": COPIES,
        "problem": "",
    } | changes


def found(*rows: dict[str, Any]) -> list[Finding]:
    return verdict(rows, LIMITS)


HEALTHY = [row(number, 700.0 + (-1) ** number * number) for number in range(16)]


def test_healthy_gpus_give_nothing() -> None:
    assert found(*HEALTHY) == []
    assert found(row(0)) == [] == found(row(0), row(1, 500, model="NVIDIA H100"))


@pytest.mark.parametrize(
    ("teraflops", "severity"), [(640, None), (620, "warning"), (565, "warning"), (550, "error"), (900, None)]
)
def test_a_gpu_slower_than_its_peers_is_named(teraflops: float, severity: str | None) -> None:
    one = found(*HEALTHY, row(16, teraflops))
    assert [finding.severity for finding in one] == ([severity] if severity else [])
    if severity:
        assert one[0].host == "gpu-03" and one[0].found.startswith("GPU 16 (GPU-16, 0000:10:00.0): multiplies matrices")
        assert f"{teraflops} TFLOP/s, and the others of its model 699.5" in one[0].found


def test_of_two_the_slower_one_is_named() -> None:
    (one,) = found(row(0), row(1, 600))
    assert one.found == (
        "GPU 1 (GPU-1, 0000:01:00.0): multiplies matrices 14 % slower than the others: 600 TFLOP/s, and the others of "
        "its model 700"
    )


def test_a_slow_one_does_not_hide_another() -> None:
    assert len(found(*HEALTHY, row(16, 500), row(17, 600))) == 2


def test_where_all_differ_much_nobody_is_slow() -> None:
    wide = [row(number, value) for number, value in enumerate((400, 500, 600, 700, 800))]
    assert found(*wide) == []


@pytest.mark.parametrize("direction", list(COPIES))
def test_slow_copies_are_named(direction: str) -> None:
    (one,) = found(*HEALTHY, row(16, copies={**COPIES, direction: COPIES[direction] / 2}))
    assert one.severity == "error" and "50 % slower" in one.found and "GB/s" in one.found


def test_other_bits_are_an_error_of_the_one_that_differs() -> None:
    (one,) = found(*HEALTHY, row(16, digest="bb"))
    assert (one.severity, one.host) == ("error", "gpu-03")
    assert "GPU 16" in one.found and "computes otherwise than 16 others of the model NVIDIA H200" in one.found


def test_of_two_that_differ_both_are_named() -> None:
    both = found(row(0), row(1, digest="bb"))
    assert len(both) == 2 and all("which of them is right is not known" in one.found for one in both)


def test_other_models_may_have_other_bits() -> None:
    assert found(row(0), row(1, 400, digest="bb", model="NVIDIA H100")) == []


def test_a_gpu_that_differs_from_itself_is_named_and_nobody_is_held_against_it() -> None:
    (one,) = found(row(0), row(1, digests=["aa", "bb"]))
    assert "had 2 different results in 20 trials" in one.found and "GPU 1" in one.found


def test_a_test_that_failed_is_an_error() -> None:
    (one,) = found(row(0), {"host": "gpu-01", "gpu": row(1)["gpu"], "problem": "the test did not end in time"})
    assert one.severity == "error" and "the test failed: the test did not end in time" in one.found


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=20), st.floats(0.1, 1e6))
def test_a_shortfall_is_a_percentage_and_none_above_the_median(others: list[float], value: float) -> None:
    assert 0 <= shortfall(value, others) < 100


RESULT = {name: value for name, value in row(0).items() if name not in ("host", "gpu")}
GPUS = [row(0)["gpu"], row(1)["gpu"]]


def test_rows_and_their_table() -> None:
    printed = json.dumps({"GPU-0": RESULT, "GPU-1": {"problem": "RuntimeError: CUDA error"}})
    rows = rows_of("gpu-01", GPUS, printed, True)
    assert check_lines(rows) == [
        "host    GPU  UUID   model        TFLOP/s  lowest  to GPU  to host  on GPU  checksum",
        "gpu-01  0    GPU-0  NVIDIA H200    700.0   700.0    55.0     54.0  2000.0  aa",
        "gpu-01  1    GPU-1  NVIDIA H200        -       -       -        -       -  failed",
    ]
    message = failure_message([vars(one) for one in verdict(rows, LIMITS)])
    assert message.startswith("gpu-01: GPU 1 (GPU-1, 0000:01:00.0): the test failed: RuntimeError: CUDA error. See")


@pytest.mark.parametrize(
    ("printed", "has_ended", "why"),
    [
        ("", True, "left no result"),
        ("", False, "did not end in time"),
        ("Killed", True, "left no result"),
        ("[1]", True, "left no result"),
        ('{"GPU-0": 7}', True, "left no result"),
        ('{"GPU-0": {"teraflops": "fast"}}', True, "left no result"),
        (json.dumps({"GPU-0": {**RESULT, "teraflops": float("nan")}}), True, "left no result"),
    ],
)
def test_whatever_a_container_has_printed(printed: str, has_ended: bool, why: str) -> None:
    rows = rows_of("gpu-01", GPUS, printed, has_ended)
    assert all(why in one["problem"] for one in rows) and len(verdict(rows, LIMITS)) == 2
