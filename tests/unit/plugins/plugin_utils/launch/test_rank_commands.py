# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The host of a rank, and the commands to look inside."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.rank_commands import (
    follow_log,
    host_of_rank,
    shell_in,
)

HOSTS = ["gpu-01", "gpu-02", "gpu-03"]


def says(rank: int | None, attempt: str = "monday", started: float = 100.0, name: str = "sft") -> dict[str, Any]:
    return {"jobs": [{"name": name, "rank": rank, "attempt": attempt, "started": started}]}


@pytest.mark.parametrize(
    ("answers", "rank", "host"),
    [
        ({"gpu-01": says(0), "gpu-02": says(1)}, 1, "gpu-02"),
        ({"gpu-01": says(1), "gpu-02": says(0)}, 1, "gpu-01"),
        ({"gpu-01": says(1, "sunday", 50.0), "gpu-02": says(0), "gpu-03": says(1)}, 1, "gpu-03"),
        ({"gpu-01": {"jobs": []}, "gpu-02": {"msg": "no route"}}, 1, "gpu-01"),
        ({"gpu-01": says(1, name="another")}, 0, "gpu-02"),
    ],
    ids=["by its record", "in another order", "the newest attempt", "before any job", "of another job"],
)
def test_the_host_of_a_rank(answers: dict[str, Any], rank: int, host: str) -> None:
    assert host_of_rank(answers, "sft", rank, HOSTS, "gpu-02") == host


def test_a_rank_that_is_not_there_is_reported_with_those_that_are() -> None:
    answers = {"gpu-01": says(0), "gpu-02": says(1), "gpu-03": {"msg": "no route", "unreachable": True}}
    with pytest.raises(
        PlanError, match=r"no rank 7\. Its ranks are 0 on host gpu-01, 1 on host gpu-02\. No answer came"
    ):
        host_of_rank(answers, "sft", 7, HOSTS, "gpu-01")


def test_a_shell_where_there_is_no_bash(tmp_path: Path) -> None:
    *before, command = shell_in("t-gpu-01")
    assert before == ["docker", "exec", "-it", "t-gpu-01", "sh", "-c"]
    asked: dict[str, Any] = {"input": "echo $BASH", "text": True, "capture_output": True}
    assert "bash" in subprocess.run(["/bin/sh", "-c", command], check=False, **asked).stdout
    (tmp_path / "sh").symlink_to("/bin/sh")
    without = subprocess.run(["/bin/sh", "-c", command], check=False, **asked, env={"PATH": str(tmp_path)})
    assert (without.returncode, without.stdout.strip()) == (0, "")


def test_the_log_is_read_inside_the_container() -> None:
    assert follow_log("t-gpu-01", "sft", 50) == [
        *("docker", "exec", "-it", "t-gpu-01", "tail", "-n", "50", "-F", "/run/distrain/logs/sft/log")
    ]
