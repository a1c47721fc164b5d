# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a GPU is the cause of a job's end, and when it is not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.diagnosis import find_cause, gpu_notices
from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import JobContext
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.xids import XIDS
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.tests.unit.support.job_gpus import AT, GONE_SEEN, LABEL, slow_seen, xid_seen

SETTING = JobContext(image="team/trainer:1", port=29500)
TRACEBACK = ["Traceback (most recent call last):", "  x"]
OF_CUDA = [*TRACEBACK, "torch.AcceleratorError: CUDA error: unspecified launch failure"]
OF_FILE = [*TRACEBACK, "FileNotFoundError: [Errno 2] No such file or directory: '/app/data/x.json'"]
LOST = [
    *TRACEBACK,
    "torch.distributed.DistBackendError: NCCL error: remote process exited or there was a network error",
]


def rank(number: int, state: str, *lines: str, ended: float | None = None, **more: Any) -> Rank:
    code = {"exit_code": 1, "ended": ended} if state == "failed" else {}
    return Rank(host=f"gpu-0{number + 1}", rank=number, state=state, last_lines=lines, **code, **more)


@pytest.mark.parametrize(
    ("lines", "seen", "after", "kind"),
    [
        (OF_CUDA, xid_seen(79), 3, "gpu_fault"),
        ([], xid_seen(79), 3, "gpu_fault"),
        (OF_CUDA, xid_seen(79), 1800, "gpu_fault"),
        (LOST, xid_seen(119), 600, "gpu_fault"),
        (OF_FILE, xid_seen(79), 30, "gpu_fault"),
        (OF_FILE, xid_seen(79), 300, "missing_path"),
        (OF_CUDA, xid_seen(79), 3 * 3600, "gpu_kernel"),
        (OF_CUDA, xid_seen(79), -60, "gpu_kernel"),
        (OF_CUDA, xid_seen(31), 3, "gpu_kernel"),
        (OF_CUDA, xid_seen(13, 43, 45, 63, 92), 3, "gpu_kernel"),
        (OF_CUDA, slow_seen("hw_thermal_slowdown"), 3, "gpu_kernel"),
        (OF_CUDA, GONE_SEEN, 3, "gpu_fault"),
        (OF_CUDA, {"problems": ["nvidia-smi does not answer"]}, 3, "gpu_kernel"),
    ],
    ids=str,
)
def test_what_ended_a_rank(lines: list[str], seen: dict[str, Any], after: float, kind: str) -> None:
    failed = rank(1, "failed", *lines, ended=AT + after, gpu=seen)
    found = find_cause([rank(0, "running"), failed], "sft", SETTING)
    assert found and (found.kind, found.host, found.rank) == (kind, "gpu-02", 1)
    assert (LABEL in found.text) == (kind == "gpu_fault")


def test_the_sentence_has_the_error_of_the_kernel_the_remedy_and_what_the_rank_said() -> None:
    found = find_cause([rank(1, "failed", *OF_CUDA, ended=AT + 3, gpu=xid_seen(79))], "sft", SETTING)
    assert found and found.text == (
        f"Rank 1 of job sft on host gpu-02 ended with exit code 1: {LABEL}: Xid 79 once, at 2026-01-31 12:00:00 UTC, "
        "by python3 (PID 4711): the GPU has fallen off the PCI bus; mostly the fault of the hardware. "
        f"{XIDS[79].remedy} It said: torch.AcceleratorError: CUDA error: unspecified launch failure"
    )
    assert not found.retryable


def test_a_contained_error_of_memory_is_worth_a_restart() -> None:
    found = find_cause([rank(1, "failed", *OF_CUDA, ended=AT + 3, gpu=xid_seen(94))], "sft", SETTING)
    assert found and found.kind == "gpu_fault" and found.retryable


@pytest.mark.parametrize(
    "other",
    [
        rank(0, "failed", *LOST, ended=AT + 2),
        rank(0, "failed", *OF_FILE, ended=AT + 2),
        rank(0, "lost", memory_killed=True),
        rank(0, "failed", "Aborted", ended=AT + 1),
    ],
    ids=str,
)
def test_the_rank_with_the_broken_gpu_is_named_whoever_ended_first(other: Rank) -> None:
    for broken in (
        rank(1, "failed", *LOST, ended=AT + 30, gpu=xid_seen(79)),
        rank(1, "running", gpu=xid_seen(79)),
        rank(1, "running", gpu=GONE_SEEN),
    ):
        found = find_cause([other, broken], "sft", SETTING)
        assert found and (found.kind, found.host) == ("gpu_fault", "gpu-02")


def test_a_rank_that_runs_after_another_error_is_not_named() -> None:
    found = find_cause([rank(0, "failed", *OF_FILE), rank(1, "running", gpu=xid_seen(74, 63))], "sft", SETTING)
    assert found and found.host == "gpu-01"


def test_each_problem_is_reported_with_its_rank_host_and_gpu() -> None:
    seen = {
        **xid_seen(79, 63, 9999, 154),
        **slow_seen("hw_slowdown", "hw_power_brake_slowdown", "sw_power_cap"),
        **GONE_SEEN,
    }
    found = gpu_notices(
        [rank(0, "running"), rank(1, "running", gpu=seen), rank(2, "running", gpu=seen, unseen=9)], "sft"
    )
    who = f"Rank 1 of job sft on host gpu-02: {LABEL}: "
    assert [one.text.removeprefix(who).partition(" ")[0] for one in found] == ["gone", "Xid", "Xid", "Xid", "the"]
    assert len({(one.kind, one.subject) for one in found}) == 5
    assert "power brake" in found[-1].text and "(94 °C)" in found[-1].text
