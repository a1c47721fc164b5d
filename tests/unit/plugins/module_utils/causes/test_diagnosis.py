# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each thing that can go wrong with a rank, and the one sentence on it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.diagnosis import Diagnosis, notices, why_failed
from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import JobContext
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank

SETTING = JobContext(image="team/trainer:1", port=29500, names=["t-gpu-01", "t-gpu-02"])
TRACEBACK = "Traceback (most recent call last):"
WHO = "Rank 1 of job sft on host gpu-02"
TIMED_OUT = (
    "torch.distributed.DistNetworkError: The client socket has timed out after 60000ms while trying to connect to "
    "(t-gpu-01, 29500)."
)


def rank(state: str = "failed", *lines: str, **more: Any) -> Rank:
    return Rank(host="gpu-02", rank=1, state=state, last_lines=lines, **more)


def raised(line: str, *before: str, **more: Any) -> Rank:
    """A rank that failed with a traceback that ends with this line."""
    return rank("failed", *before, TRACEBACK, "  x", line, **more)


@pytest.mark.parametrize(
    ("found", "kind", "retryable", "parts"),
    [
        (
            rank(exit_code=1),
            "unknown",
            False,
            [f"{WHO} ended with exit code 1. The cause is not known, and it printed"],
        ),
        (rank("failed", "boom", exit_code=3), "unknown", False, ["The cause is not known; its last lines are: boom"]),
        (rank(exit_code=137), "killed", True, ["killed by SIGKILL"]),
        (rank(exit_code=247), "killed", True, ["exit code 247: its process was killed by SIGKILL"]),
        (rank(exit_code=245), "crashed", False, ["its process crashed (SIGSEGV)"]),
        (rank(exit_code=160), "crashed", False, ["its process crashed (signal 32)"]),
        (rank(exit_code=255), "unknown", False, [f"{WHO} ended with exit code 255."]),
        (rank("failed", "api.py] failed (exitcode: -9) local_rank: 1", exit_code=1), "killed", True, ["SIGKILL"]),
        (rank("failed", "api.py] failed (exitcode: -11) local_rank", exit_code=1), "crashed", False, ["SIGSEGV"]),
        (rank(exit_code=137, memory_kills=1), "memory", False, ["memory ran out (exit code 137)", "smaller batch"]),
        (rank("lost", memory_killed=True), "memory", False, ["was killed because memory ran out."]),
        (rank("lost"), "killed", True, ["without an exit code", "were killed"]),
        (rank("lost", container_state="absent"), "container_gone", True, ["its container was removed"]),
        (rank("lost", container_state="removing"), "container_gone", True, ["its container was removed"]),
        (rank("lost", container_state="dead"), "container_gone", True, ["its container was removed"]),
        (rank("lost", container_state="exited"), "container_gone", True, ["is gone: its container has exited"]),
        (rank("lost", container_restarted=True), "container_restarted", True, ["container was restarted"]),
        (
            rank("lost", container_state="exited", engine_restarted=True),
            "engine_restarted",
            True,
            ["Docker engine of its host was restarted"],
        ),
        (rank("lost", engine_answers=False), "engine_gone", True, ["engine of its host does not answer"]),
        (rank("lost", host_restarted=True, engine_restarted=True), "host_restarted", True, ["its host was restarted"]),
        (
            rank("running", unseen=31, unseen_because="no route"),
            "host_gone",
            True,
            ["has not answered for 31 s (no route)"],
        ),
        (rank("stopped"), "stopped", False, ["was stopped"]),
        (
            rank(
                "failed",
                "DistNetworkError: The server socket has failed to listen on any local network address. port: 29500, "
                "useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use",
            ),
            "port_taken",
            False,
            ["port 29500 is taken already", "trainer_launch_job_port"],
        ),
        (
            raised(
                TIMED_OUT,
                "[W socket.cpp:697] [c10d] The IPv6 network addresses of (t-gpu-01, 29500) cannot be retrieved (gai "
                "error: -2 - Name or service not known).",
            ),
            "name_unresolved",
            False,
            ["the name t-gpu-01 does not resolve on the overlay network", "playbooks/swarm.yml"],
        ),
        (
            raised("socket.gaierror: [Errno -2] Name or service not known"),
            "name_unresolved",
            False,
            ["the name t-gpu-01 does not resolve"],
        ),
        (
            raised(
                "ConnectionError: HTTPSConnectionPool(host='huggingface.co', port=443): "
                "Failed to resolve 'huggingface.co'",
            ),
            "name_unresolved",
            False,
            ["huggingface.co does not resolve.", "trainer_launch_copies"],
        ),
        (raised(TIMED_OUT), "master_unreachable", False, ["t-gpu-01 did not answer at the port of the job"]),
        (
            raised("ModuleNotFoundError: No module named 'flash_attn'", exit_code=1),
            "import_error",
            False,
            [
                f"{WHO} ended with exit code 1: the image team/trainer:1 has no Python module flash_attn.",
                "image_build_pip_requirements",
                "It said: ModuleNotFoundError",
            ],
        ),
        (rank("failed", "/opt/venv/bin/python: No module named absent.x"), "import_error", False, ["module absent.x."]),
        (raised("ImportError: cannot import name 'a' from 'b'"), "import_error", False, ["cannot be imported"]),
        (
            raised("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"),
            "gpu_memory",
            False,
            ["memory of its GPU was full", "per_device_train_batch_size"],
        ),
        (
            raised("RuntimeError: [enforce] Unable to find address for: eth9"),
            "no_interface",
            False,
            ["no network interface eth9", "GLOO_SOCKET_IFNAME"],
        ),
        (
            raised(
                "torch.distributed.DistBackendError: NCCL error in: x.cpp, internal error",
                "gpu-02:7:7 [0] bootstrap.cc NCCL WARN Bootstrap : no socket interface found",
            ),
            "no_interface",
            False,
            ["found no network interface in", "DistBackendError"],
        ),
        (
            raised("FileNotFoundError: [Errno 2] No such file or directory: '/app/data/x.json'"),
            "missing_path",
            False,
            ["/app/data/x.json is not there in its container", "trainer_launch_copies"],
        ),
        (
            raised("ValueError: Undefined dataset nothing in dataset_info.json."),
            "missing_path",
            False,
            ["nothing is not there"],
        ),
        (
            raised("OSError: /app/models/x is not a local folder and is not a valid model"),
            "missing_path",
            False,
            ["/app/models/x is not there"],
        ),
        (raised("OSError: [Errno 28] No space left on device"), "disk_full", False, ["disk"]),
        (
            rank("failed", "run-job: 12: llamafactory: not found", exit_code=127),
            "no_command",
            False,
            ["no such command"],
        ),
        (
            raised("RuntimeError: [gloo] Connection closed by peer [10.0.0.2]:1", exit_code=1),
            "connection_lost",
            True,
            ["lost its connection to the others"],
        ),
    ],
)
def test_why_a_rank_failed(found: Rank, kind: str, retryable: bool, parts: list[str]) -> None:
    finding = why_failed(found, "sft", SETTING)
    assert (finding.kind, finding.retryable, finding.host, finding.rank) == (kind, retryable, "gpu-02", 1)
    assert "\n" not in finding.text
    for part in parts:
        assert part in finding.text


@pytest.mark.parametrize(
    ("found", "kind", "part"),
    [
        (rank("running", unseen=26), "host_gone", "has not answered for 26 s"),
        (rank("running", container_state="paused"), "paused", "docker unpause"),
        (rank("running", stopped_processes=[7]), "frozen", "kill -CONT 7"),
        (rank("running", memory_kills=1), "memory", "memory ran out"),
        (
            rank("running", "c10d: addresses of (t-gpu-01, 29500) cannot be retrieved (gai error: -2)"),
            "name_unresolved",
            "",
        ),
        (
            rank("running", "The client socket has failed to connect to [t-gpu-01]:29500"),
            "master_unreachable",
            "t-gpu-01",
        ),
    ],
)
def test_a_notice_on_a_running_rank(found: Rank, kind: str, part: str) -> None:
    (finding,) = notices([found], "sft", SETTING, 25, 300)
    assert finding.kind == kind
    assert part in finding.text


@pytest.mark.parametrize(
    "found",
    [
        rank("running"),
        rank("running", unseen=24),
        rank("running", "Traceback", "ModuleNotFoundError: No module named 'optional'"),
        rank("running", "The client socket has failed to connect to [t-gpu-01]:29500", progress={"step": 1}),
        rank("succeeded", silent_seconds=900),
    ],
)
def test_a_healthy_rank_needs_no_notice(found: Rank) -> None:
    assert notices([found], "sft", SETTING, 25, 300) == []


def test_what_is_quoted_is_printable_and_bounded() -> None:
    line = "RuntimeError: \x1b[31mred\x07" + "x" * 100_000
    found = why_failed(rank("failed", line, exit_code=1), "sft", SETTING)
    assert "RuntimeError: ?[31mred?x" in found.text
    assert found.text.isprintable()
    assert len(found.text) < 500


def test_silence_counts_only_when_all_are_silent() -> None:
    talking = Rank("gpu-01", 0, "running", silent_seconds=2)
    assert notices([talking, rank("running", silent_seconds=900)], "sft", SETTING, 25, 300) == []
    silent = notices([rank("running", silent_seconds=900)], "sft", SETTING, 25, 300)
    assert [finding.kind for finding in silent] == ["silent"]
    assert notices([rank("running", silent_seconds=900)], "sft", SETTING, 25, 0) == []
    assert isinstance(silent[0], Diagnosis)
