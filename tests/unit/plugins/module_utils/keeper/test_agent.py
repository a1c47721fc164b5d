# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host does before its rank is started again."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan, Step
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import GpuUse
from ansible_collections.distrain.cluster.plugins.module_utils.job import control
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import agent as agent_module
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.agent import HostAgent
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.engine import JobEngine
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, write_json
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import facts_of
from ansible_collections.distrain.cluster.tests.unit.support.sick_gpus import sick_hosts


def answer_to(command: str, tmp_path: Path, **of_host: Any) -> Any:
    answers: list[dict[str, Any]] = []
    agent_in(tmp_path, answers.append, **of_host).handle({"do": command})
    return answers[0]["found"]


def agent_in(tmp_path: Path, emit: Callable[[dict[str, Any]], None], **of_host: Any) -> HostAgent:
    place = Place("llama-factory", "sft", str(tmp_path / "keeper"))
    place.make()
    job = {"name": "sft", "container": "t-gpu-01", "directory": str(tmp_path), "output_directory": None}
    known: dict[str, Any] = {
        "trainer": "llama-factory",
        "compose_file": "none.yml",
        "leader": "",
        "key_names": [],
        "gpu_use": None,
    }
    write_json(place.host, {"job": {**job, "output_root": None}, **known, **of_host})
    return HostAgent(place, emit)


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the host's GPUs are like; its container runs."""
    facts: dict[str, Any] = {}
    monkeypatch.setattr(agent_module, "bring_up", lambda *_arguments: False)
    monkeypatch.setattr(agent_module, "observe_gpus", lambda: facts)
    return facts


def described(use: GpuUse) -> dict[str, Any]:
    """As it lies in the host's file."""
    return dict(json.loads(json.dumps(dataclasses.asdict(use))))


@pytest.mark.parametrize(("facts", "use"), [(facts, use) for _name, facts, use in sick_hosts()])
def test_a_host_whose_gpus_are_sick_by_now_says_so(
    facts: dict[str, Any], use: GpuUse, gpus: dict[str, Any], tmp_path: Path
) -> None:
    gpus.update(facts)
    found = answer_to("prepare", tmp_path, gpu_use=described(use))
    assert found["error"]


def test_gpus_that_are_well_keep_no_job_from_its_start(gpus: dict[str, Any], tmp_path: Path) -> None:
    gpus.update(facts_of("h200", 8))
    use = GpuUse(processes=8, claimed=("all",), image="team/trainer:1", shm_size="16gb")
    assert answer_to("prepare", tmp_path, gpu_use=described(use)) == {"brought_up": False}


def test_keys_of_the_launcher_are_other_ones_each_time(tmp_path: Path) -> None:
    made = [answer_to("keys", tmp_path, key_names=["client_key"])["client_key"] for _time in range(2)]
    assert all(key.startswith("ssh-ed25519 ") for key in made) and made[0] != made[1]
    (private,) = (tmp_path / "control" / "sft" / "launch").iterdir()
    assert private.stat().st_mode & 0o777 == 0o600


def test_a_rank_is_not_observed_while_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its record is new by then and nothing of it runs, as if it had been lost."""
    states: list[str] = []
    is_starting, is_seen = threading.Event(), threading.Event()
    now = ["of the attempt before"]

    class Observer:
        def __init__(self, *_arguments: Any) -> None:
            return

        def observe(self) -> dict[str, Any]:
            return {"job": {"attempt": None, "state": now[0], "last_lines": []}}

    def start(*_arguments: Any) -> None:
        now[0] = "lost"
        is_starting.set()
        # Many observations would be made meanwhile.
        is_seen.wait(0.3)
        now[0] = "running"

    def emit(event: dict[str, Any]) -> None:
        if event["event"] == "seen":
            states.append(event["found"]["job"]["state"])

    monkeypatch.setattr(agent_module, "RankObserver", Observer)
    monkeypatch.setattr(control, "apply", start)
    monkeypatch.setattr(agent_module, "job_plan", lambda *_arguments: Plan(steps=(Step("start"),)))
    monkeypatch.setattr(JobEngine, "container", lambda *_arguments: None)
    agent = agent_in(tmp_path, emit, start={"container": "t-gpu-01"})
    watch = {"do": "watch", "interval": 0.01, "lines": 5}
    threading.Thread(target=agent.handle, args=(watch,), daemon=True).start()
    agent.handle({"do": "start", "attempt": "2", "checkpoint": "", "launch_files": {}})
    assert is_starting.is_set()
    is_seen.wait(0.1)
    agent.close()
    assert "lost" not in states and states[-1] == "running"
