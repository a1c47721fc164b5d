# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules of a job over a fake engine and real processes, and the runner that a container gets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.filter.trainer_launch import job_digest
from ansible_collections.distrain.cluster.plugins.module_utils.job_files import JobFiles
from ansible_collections.distrain.cluster.plugins.modules import trainer_job, trainer_job_info, trainer_jobs_info
from module_runner import run_module
from relay_hosts import wait_until

RUNNER = Path(__file__).parents[2] / "roles/trainer_launch/files/run-job"


class OneContainer:
    """An engine with one container, whose processes are processes of this machine."""

    def __init__(self, status: str = "running") -> None:
        self.status = status
        self.started: list[subprocess.Popen[bytes]] = []

    def container(self, name: str) -> dict[str, Any] | None:
        if self.status == "absent":
            return None
        state = {"Status": self.status, "Pid": os.getpid()}
        return {
            "Id": "c1",
            "Name": f"/{name}",
            "Image": "sha256:1",
            "State": state,
            "NetworkSettings": {"Networks": {}},
        }

    def start_exec(
        self, container: str, argv: Sequence[str], environment: Mapping[str, str], working_directory: str | None
    ) -> str:
        everything = {**os.environ, **environment}
        self.started.append(subprocess.Popen(argv, env=everything, cwd=working_directory, start_new_session=True))
        return "e1"


@pytest.fixture
def engine() -> Iterator[OneContainer]:
    engine = OneContainer()
    yield engine
    for process in engine.started:
        process.kill()
        process.wait()


@pytest.fixture
def job(tmp_path: Path, engine: OneContainer, monkeypatch: Any, capsys: Any) -> Any:
    directory = tmp_path / "sft"

    def call(check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        wanted = {
            "name": "sft",
            "container": "llama-factory-gpu-01",
            "directory": str(directory),
            "container_directory": str(directory),
            "runner": str(RUNNER),
            "attempt": "monday",
            "stop_timeout": 2,
        } | arguments
        return run_module(trainer_job, engine, monkeypatch, capsys, check_mode, **wanted)

    return call


def log_of(directory: Path) -> str:
    log = directory / "log"
    return log.read_text() if log.exists() else ""


def settled(engine: OneContainer) -> None:
    for process in engine.started:
        process.wait(timeout=10)


def test_check_mode_starts_nothing(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    result = job(check_mode=True, command=["true"])
    assert result["changed"] and result["job"]["state"] == "absent"
    assert not engine.started and not (tmp_path / "sft").exists()


def test_a_job_is_run_once(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    assert job(command=["sh", "-c", 'printf "%s\\n" "$@"', "-", "two words", "$(id)"])["changed"]
    settled(engine)
    assert (tmp_path / "sft/log").read_text() == "two words\n$(id)\n"
    again = job(command=["true"], attempt="tuesday")
    assert not again["changed"] and again["settings_changed"] and again["job"]["state"] == "succeeded"
    assert job(command=["true"], attempt="tuesday", again=True)["changed"]
    assert len(engine.started) == 2


def test_a_job_that_fails_at_once_is_no_error_of_the_start(job: Any, engine: OneContainer) -> None:
    assert job(command=["sh", "-c", "exit 3"])["changed"]
    settled(engine)
    result = job(command=["sh", "-c", "exit 3"])
    assert not result["changed"] and (result["job"]["state"], result["job"]["exit_code"]) == ("failed", 3)
    assert job(command=["sh", "-c", "exit 3"], attempt="tuesday")["changed"]


def test_a_job_is_stopped_with_all_that_it_started(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    stubborn = (
        "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.setsid(); print(1, flush=True); time.sleep(99)"
    )
    job(command=["sh", "-c", '"$@" & wait', "-", sys.executable, "-c", stubborn])
    deadline = time.monotonic() + 10
    while not log_of(tmp_path / "sft") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job(command=["true"])["job"]["state"] == "running"
    stopped = job(state="stopped")
    assert stopped["changed"] and stopped["job"]["state"] == "stopped"
    assert not JobFiles(str(tmp_path / "sft")).processes()
    assert not job(state="stopped")["changed"]


@pytest.mark.parametrize("status", ["absent", "exited"])
def test_a_container_that_does_not_run_is_named(job: Any, engine: OneContainer, status: str) -> None:
    engine.status = status
    result = job(command=["true"])
    assert result["failed"] and f"llama-factory-gpu-01 is {status}" in result["msg"]


def test_a_container_outside_the_network_is_refused(job: Any, engine: OneContainer) -> None:
    result = job(command=["true"], network="distrain")
    assert result["failed"] and "has no address on network distrain" in result["msg"]
    assert not engine.started


def test_secrets_reach_the_job_alone(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    result = job(command=["sh", "-c", "test ${#TOKEN} = 6"], settings="a: 1\n", secrets={"TOKEN": "hidden"})
    settled(engine)
    assert (tmp_path / "sft/exit_code").read_text() == "0\n"
    files = "".join(path.read_text() for path in (tmp_path / "sft").iterdir())
    assert "hidden" not in files + json.dumps({key: value for key, value in result.items() if key != "invocation"})
    assert (tmp_path / "sft/config.yaml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sft/job.json").stat().st_mode & 0o777 == 0o600


def test_launch_files_live_as_long_as_the_job(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    launch = tmp_path / "sft/launch"
    launch.mkdir(parents=True)
    (launch / "host_key").write_text("made before")
    look = 'cd "$0" && cat host_key hostfile && stat -c %a hostfile'
    job(command=["sh", "-c", look, str(launch)], launch_files={"hostfile": "one slots=2\n"})
    settled(engine)
    assert log_of(tmp_path / "sft") == "made beforeone slots=2\n600\n"
    assert not launch.exists()


def test_what_a_killed_container_left_is_removed(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    job(command=["false"])
    settled(engine)
    (tmp_path / "sft/launch").mkdir()
    assert job(state="stopped")["changed"]
    assert not (tmp_path / "sft/launch").exists()
    result = job(state="stopped")
    assert not result["changed"] and result["job"]["state"] == "failed"


def test_what_is_told_of_a_job(job: Any, engine: OneContainer, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    directory = str(tmp_path / "sft")

    def told() -> dict[str, Any]:
        arguments = {"name": "sft", "container": "c", "directory": directory, "output_directory": str(tmp_path)}
        return run_module(trainer_job_info, engine, monkeypatch, capsys, **arguments)

    assert told()["job"]["state"] == "absent"
    job(command=["sh", "-c", "echo said; exit 1"], rank=1, world_size=2)
    settled(engine)
    (tmp_path / "trainer_log.jsonl").write_text('{"current_steps": 1, "total_steps": 2, "loss": 5.5}\n')
    found = told()["job"]
    assert (found["state"], found["exit_code"], found["rank"], found["world_size"]) == ("failed", 1, 1, 2)
    assert found["last_lines"] == ["said"] and found["progress"]["loss"] == 5.5
    os.utime(tmp_path / "trainer_log.jsonl", (1, 1))
    assert told()["job"]["progress"] == {}


def test_every_job_of_a_host_is_told_of(
    job: Any, engine: OneContainer, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    def told(**arguments: Any) -> list[dict[str, Any]]:
        result = run_module(trainer_jobs_info, engine, monkeypatch, capsys, directory=str(tmp_path), **arguments)
        return result["jobs"]

    assert told() == []
    job(command=["sleep", "60"], rank=1, samples_per_step=16, output_directory=str(tmp_path))
    made = [{"current_steps": one, "elapsed_time": f"0:00:0{one}", "loss": 5.5} for one in (1, 3)]
    (tmp_path / "trainer_log.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in made))
    (tmp_path / "not-a-job").mkdir()
    (found,) = told(lines=5)
    assert (found["name"], found["state"], found["rank"], found["progress"]["loss"]) == ("sft", "running", 1, 5.5)
    assert (found["progress"]["samples_per_step"], found["progress"]["samples_per_second"]) == (16, 16.0)
    assert found["memory_bytes"] > 0 and found["cpu_percent"] is not None
    assert told(name="other") == [] and len(told(name="sft")) == 1


def test_what_a_job_left_behind_is_ended_and_its_end_stays(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    job(command=["sh", "-c", "sleep 99 & exit 3"])
    settled(engine)
    assert job(state="stopped", check_mode=True)["changed"]
    stopped = job(state="stopped")
    assert stopped["changed"] and stopped["job"]["state"] == "failed"
    assert not JobFiles(str(tmp_path / "sft")).processes()
    assert not job(state="stopped")["changed"]


def test_the_digest_is_the_one_that_the_role_works_out(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    wanted = {"command": ["true"], "settings": None, "environment": {"A": "1"}, "working_directory": "/"}
    job(**{name: value for name, value in wanted.items() if value is not None}, rank=1, world_size=2)
    settled(engine)
    record = json.loads((tmp_path / "sft/job.json").read_text())
    assert record["digest"] == job_digest({**wanted, "rank": 1, "world_size": 2})


def test_the_runner_hands_a_signal_on_and_still_writes_the_exit_code(tmp_path: Path) -> None:
    script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1; done"
    runner = subprocess.Popen(["sh", str(RUNNER), str(tmp_path), "sh", "-c", script])
    deadline = time.monotonic() + 10
    while "up" not in log_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(timeout=10) == 7
    assert (tmp_path / "exit_code").read_text() == "7\n"
    assert (tmp_path / "log").read_text() == "up\nbye\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "kill -KILL $$"], 137),
        (["sh", "-c", "kill -TERM $$"], 143),
        # As DeepSpeed's launcher ends when a process of it was killed.
        ([sys.executable, "-c", "import sys; sys.exit(-9)"], 247),
    ],
)
def test_an_end_by_a_signal_is_a_failure(job: Any, engine: OneContainer, command: list[str], code: int) -> None:
    job(command=command)
    settled(engine)
    told = job(command=command)["job"]
    assert (told["state"], told["exit_code"]) == ("failed", code)


def test_a_runner_that_is_killed_with_its_command_has_not_succeeded(job: Any, engine: OneContainer) -> None:
    job(command=["sleep", "99"])
    os.killpg(engine.started[0].pid, signal.SIGKILL)
    settled(engine)
    # The command is no child of this program, and may take a moment longer to be gone.
    wait_until(lambda: job(command=["sleep", "99"])["job"]["state"] != "running")
    assert job(command=["sleep", "99"])["job"]["state"] == "lost"


def test_a_command_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    subprocess.run(["sh", str(RUNNER), str(tmp_path), "no-such-command"], check=False)
    assert (tmp_path / "exit_code").read_text() == "127\n"
    assert "no-such-command" in (tmp_path / "log").read_text()
