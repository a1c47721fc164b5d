# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restart of the engine would end, and what comes back by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.running_work import container_work, running_work

TRAINER = {"io.distrain.trainer": "llama"}


def container(labels: dict[str, str] | None = None, policy: str = "no", execs: list[str] | None = None) -> dict:
    return {
        "Id": "1",
        "Name": "/c1",
        "Config": {"Labels": labels},
        "HostConfig": {"RestartPolicy": {"Name": policy}},
        "ExecIDs": execs,
    }


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (container(), "the container c1 (restart policy no)"),
        (container(policy="on-failure"), "the container c1 (restart policy on-failure)"),
        (container(policy=""), "the container c1 (restart policy no)"),
        (container(policy="always"), ""),
        (container(policy="unless-stopped"), ""),
        (container({"com.docker.swarm.task.id": "x"}), ""),
        (container({"io.distrain.registry": "x"}), ""),
        (container(TRAINER), ""),
        (container(TRAINER, "unless-stopped", ["e1"]), "a command in the trainer's container c1"),
        (container(policy="always", execs=["e1"]), ""),
    ],
)
def test_containers(found: dict[str, Any], said: str) -> None:
    assert container_work(found) == said


def test_jobs_are_found_by_the_environment_of_their_processes(tmp_path: Path) -> None:
    for pid, environment in {
        "1": b"A=b",
        "7": b"X=1\0DISTRAIN_JOB=/jobs/sft\0",
        "8": b"DISTRAIN_JOB=/jobs/sft",
    }.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "environ").write_bytes(environment)
    (tmp_path / "9").mkdir()
    (tmp_path / "self").mkdir()

    def get(url: str) -> Any:
        return [{"Id": "1"}] if url == "/containers/json" else container()

    assert running_work(get, tmp_path) == ("the job sft (processes: 2)", "the container c1 (restart policy no)")


def test_a_host_without_an_engine_has_no_containers(tmp_path: Path) -> None:
    def get(url: str) -> Any:
        raise FileNotFoundError(2, "No such file or directory")

    assert running_work(get, tmp_path) == ()
