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
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.job import control as job_control
from ansible_collections.distrain.cluster.plugins.module_utils.job.checkpoint_files import read_checkpoints
from ansible_collections.distrain.cluster.plugins.module_utils.job.container_files import ContainerFiles
from ansible_collections.distrain.cluster.plugins.module_utils.job.description import output_of
from ansible_collections.distrain.cluster.plugins.module_utils.job.files import JobFiles, ended_marker
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import job_digest
from ansible_collections.distrain.cluster.plugins.modules import trainer_job, trainer_job_info, trainer_jobs_info
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.waiting import wait_until

RUNNER = ROOT / "roles/trainer_launch/files/run-job"


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
def job(tmp_path: Path, engine: OneContainer, run_module: Any) -> Any:
    (tmp_path / "launch").mkdir()

    def call(check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        wanted = {
            "name": "sft",
            "container": "llama-factory-gpu-01",
            "directory": str(tmp_path),
            "container_directory": str(tmp_path),
            "runner": str(RUNNER),
            "attempt": "monday",
            "stop_timeout": 2,
        } | arguments
        return run_module(trainer_job, engine, check_mode, **wanted)

    return call


def log_of(directory: Path) -> str:
    log = directory / "logs/sft/log"
    return log.read_text() if log.exists() else ""


def settled(engine: OneContainer) -> None:
    for process in engine.started:
        process.wait(timeout=10)


def test_check_mode_starts_nothing(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    result = job(check_mode=True, command=["true"])
    assert result["changed"] and result["job"]["state"] == "absent"
    assert not engine.started and not (tmp_path / "control").exists()


def test_a_job_is_run_once(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    assert job(command=["sh", "-c", 'printf "%s\\n" "$@"', "-", "two words", "$(id)"])["changed"]
    settled(engine)
    assert log_of(tmp_path) == "two words\n$(id)\n"
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
    wait_until(lambda: bool(log_of(tmp_path)))
    assert job(command=["true"])["job"]["state"] == "running"
    stopped = job(state="stopped")
    assert stopped["changed"] and stopped["job"]["state"] == "stopped"
    assert not JobFiles(str(tmp_path), "sft").processes.pids()
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
    assert JobFiles(str(tmp_path), "sft").job().exit_code == 0
    files = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "hidden" not in files + json.dumps({key: value for key, value in result.items() if key != "invocation"})
    assert (tmp_path / "control/sft/config.yaml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "control/sft/job.json").stat().st_mode & 0o777 == 0o600


def test_launch_files_live_as_long_as_the_job(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    given, taken = tmp_path / "control/sft/launch", tmp_path / "launch/sft"
    given.mkdir(parents=True)
    (given / "host_key").write_text("made before")
    look = 'cd "$0" && cat host_key hostfile && stat -c %a hostfile && sleep 1'
    job(command=["sh", "-c", look, str(taken)], launch_files={"hostfile": "one slots=2\n"})
    assert not given.exists() and taken.exists()
    settled(engine)
    assert log_of(tmp_path) == "made beforeone slots=2\n600\n"
    assert not taken.exists()


def test_what_a_killed_job_left_of_its_launcher_is_not_in_the_way(
    job: Any, engine: OneContainer, tmp_path: Path
) -> None:
    (tmp_path / "launch/sft/session").mkdir(parents=True)
    job(command=["ls", str(tmp_path / "launch/sft")], launch_files={"hostfile": "one slots=2\n"})
    settled(engine)
    assert log_of(tmp_path) == "hostfile\n"


def test_what_a_killed_container_left_is_removed(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    job(command=["false"])
    settled(engine)
    (tmp_path / "control/sft/launch").mkdir()
    assert job(state="stopped")["changed"]
    assert not (tmp_path / "control/sft/launch").exists()
    result = job(state="stopped")
    assert not result["changed"] and result["job"]["state"] == "failed"


def test_a_job_is_described(job: Any, engine: OneContainer, tmp_path: Path, run_module: Any) -> None:
    directory = str(tmp_path)

    def describe() -> dict[str, Any]:
        arguments = {"name": "sft", "container": "c", "directory": directory, "output_directory": str(tmp_path)}
        return run_module(trainer_job_info, engine, **arguments)

    assert describe()["job"]["state"] == "absent"
    job(command=["sh", "-c", "echo said; exit 1"], rank=1, world_size=2)
    settled(engine)
    (tmp_path / "trainer_log.jsonl").write_text('{"current_steps": 1, "total_steps": 2, "loss": 5.5}\n')
    found = describe()["job"]
    assert (found["state"], found["exit_code"], found["rank"], found["world_size"]) == ("failed", 1, 1, 2)
    assert found["last_lines"] == ["said"] and found["progress"]["loss"] == 5.5
    os.utime(tmp_path / "trainer_log.jsonl", (1, 1))
    assert describe()["job"]["progress"] == {}


def test_every_job_of_a_host_is_listed(job: Any, engine: OneContainer, tmp_path: Path, run_module: Any) -> None:
    def listed(**arguments: Any) -> list[dict[str, Any]]:
        return run_module(trainer_jobs_info, engine, directory=str(tmp_path), **arguments)["jobs"]

    assert listed() == []
    job(command=["sleep", "60"], rank=1, samples_per_step=16, output_directory=str(tmp_path))
    made = [{"current_steps": one, "elapsed_time": f"0:00:0{one}", "loss": 5.5} for one in (1, 3)]
    (tmp_path / "trainer_log.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in made))
    (tmp_path / "control/not-a-job").mkdir()
    (found,) = listed(lines=5)
    assert (found["name"], found["state"], found["rank"], found["progress"]["loss"]) == ("sft", "running", 1, 5.5)
    assert (found["progress"]["samples_per_step"], found["progress"]["samples_per_second"]) == (16, 16.0)
    assert found["memory_bytes"] > 0 and found["cpu_percent"] is not None
    assert listed(name="other") == [] and len(listed(name="sft")) == 1


def test_what_a_job_left_behind_is_ended_and_its_end_stays(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    job(command=["sh", "-c", "sleep 99 & exit 3"])
    settled(engine)
    assert job(state="stopped", check_mode=True)["changed"]
    stopped = job(state="stopped")
    assert stopped["changed"] and stopped["job"]["state"] == "failed"
    assert not JobFiles(str(tmp_path), "sft").processes.pids()
    assert not job(state="stopped")["changed"]


def test_the_digest_is_the_one_that_the_role_works_out(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    wanted = {"command": ["true"], "settings": None, "environment": {"A": "1"}, "working_directory": "/"}
    job(**{name: value for name, value in wanted.items() if value is not None}, rank=1, world_size=2)
    settled(engine)
    record = json.loads((tmp_path / "control/sft/job.json").read_text())
    assert record["digest"] == job_digest({**wanted, "rank": 1, "world_size": 2})


def test_a_tuning_yields_to_the_environment_and_makes_no_other_job(
    job: Any, engine: OneContainer, tmp_path: Path
) -> None:
    wanted = {"command": ["sh", "-c", "echo $A $B"], "environment": {"A": "1"}, "working_directory": "/"}
    job(**wanted, tuning={"A": "2", "B": 3}, rank=1, world_size=2)
    settled(engine)
    assert log_of(tmp_path) == "1 3\n"
    record = json.loads((tmp_path / "control/sft/job.json").read_text())
    assert record["digest"] == job_digest({**wanted, "settings": None, "rank": 1, "world_size": 2})


def test_the_runner_hands_a_signal_on_and_still_writes_the_exit_code(tmp_path: Path) -> None:
    script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1; done"
    runner = subprocess.Popen(["sh", str(RUNNER), str(tmp_path), "sft", "a1", "sh", "-c", script])
    wait_until(lambda: "up" in log_of(tmp_path))
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(timeout=10) == 7
    assert sorted(path.name for path in (tmp_path / "logs/sft").iterdir()) == ["ended.a1.7", "log"]
    assert log_of(tmp_path) == "up\nbye\n"


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
    found = job(command=command)["job"]
    assert (found["state"], found["exit_code"]) == ("failed", code)


def test_a_runner_that_is_killed_with_its_command_has_not_succeeded(job: Any, engine: OneContainer) -> None:
    job(command=["sleep", "99"])
    os.killpg(engine.started[0].pid, signal.SIGKILL)
    settled(engine)
    # The command is no child of this program, and may take a moment longer to be gone.
    wait_until(lambda: job(command=["sleep", "99"])["job"]["state"] != "running")
    assert job(command=["sleep", "99"])["job"]["state"] == "lost"


def test_a_command_that_is_not_there_is_named_in_the_log(tmp_path: Path) -> None:
    subprocess.run(["sh", str(RUNNER), str(tmp_path), "sft", "a1", "no-such-command"], check=False)
    assert (tmp_path / "logs/sft/ended.a1.127").exists()
    assert "no-such-command" in log_of(tmp_path)


def test_the_end_of_another_attempt_is_not_the_end_of_this_one(job: Any, engine: OneContainer, tmp_path: Path) -> None:
    job(command=["true"])
    settled(engine)
    job(command=["sleep", "60"], attempt="tuesday", again=True)
    (tmp_path / "logs/sft" / ended_marker("monday", 0)).touch()
    found = job(command=["sleep", "60"], attempt="tuesday")["job"]
    assert (found["state"], found["exit_code"]) == ("running", None)


def test_a_job_that_cannot_be_begun_is_an_error_and_not_lost(
    job: Any, engine: OneContainer, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(job_control, "BEGIN_SECONDS", 1)
    (tmp_path / "logs").write_text("no directory")
    result = job(command=["true"])
    assert result["failed"] and "Job sft was not started in container llama-factory-gpu-01" in result["msg"]
    assert not (tmp_path / "control/sft/job.json").exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"attempt": 7}', '{"started": "monday"}', '{"rank": true}'])
def test_a_damaged_record_is_never_a_job_that_was_not_started(
    job: Any, engine: OneContainer, tmp_path: Path, damage: str
) -> None:
    (tmp_path / "control/sft").mkdir(parents=True)
    (tmp_path / "control/sft/job.json").write_text(damage)
    result = job(command=["true"])
    assert result["failed"] and f"{tmp_path}/control/sft/job.json, cannot be read" in result["msg"]
    assert not engine.started


HOSTILE_LOGS: list[tuple[str, Callable[[Path, Path], None]]] = [
    ("link", lambda place, secret: (place / "log").symlink_to(secret)),
    ("fifo", lambda place, _secret: os.mkfifo(place / "log")),
    ("directory", lambda place, _secret: (place / "log").mkdir()),
    ("link above", lambda place, secret: (place.rmdir(), place.symlink_to(secret.parent))),
]


@pytest.mark.parametrize("lay", [lay for _name, lay in HOSTILE_LOGS], ids=[name for name, _lay in HOSTILE_LOGS])
def test_what_a_container_lays_in_the_place_of_its_log_is_not_followed(
    engine: OneContainer, tmp_path: Path, run_module: Any, lay: Callable[[Path, Path], None]
) -> None:
    secret = tmp_path / "etc/log"
    secret.parent.mkdir()
    secret.write_text("root:hash\n")
    (secret.parent / ended_marker("monday", 0)).touch()
    home = tmp_path / "trainer"
    record = {"attempt": "monday", "started": 1.0, "rank": 0}
    JobFiles(str(home), "sft").begin(record, None, {})
    (home / "logs/sft").mkdir(parents=True)
    lay(home / "logs/sft", secret)
    (found,) = run_module(trainer_jobs_info, engine, directory=str(home), lines=9)["jobs"]
    assert (found["state"], found["last_lines"]) == ("lost", [])


def test_results_and_checkpoints_are_read_without_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "checkpoint-9").mkdir(parents=True)
    (outside / "checkpoint-9/trainer_state.json").write_text('{"global_step": 9}')
    output = tmp_path / "volume/sft"
    (output / "checkpoint-5").mkdir(parents=True)
    (output / "checkpoint-5/trainer_state.json").symlink_to(outside / "checkpoint-9/trainer_state.json")
    (output / "checkpoint-9").symlink_to(outside / "checkpoint-9")
    (output / "trainer_log.jsonl").symlink_to(outside / "checkpoint-9/trainer_state.json")
    files = output_of({"output_directory": str(output), "output_root": str(tmp_path / "volume")}, {})
    assert files and files.modified("trainer_log.jsonl") is None and files.beginning("trainer_log.jsonl") == ""
    assert [(one.name, one.state_step, dict(one.files)) for one in read_checkpoints(files)] == [
        ("checkpoint-5", None, {})
    ]
    (tmp_path / "moved").mkdir()
    (tmp_path / "volume/other").symlink_to(outside)
    assert read_checkpoints(ContainerFiles(str(tmp_path / "volume"), "other")) == []


FULL_DISK = """
mount -t tmpfs -o size=256k tmpfs "$1" && mkdir "$1/launch" || exit 99
sh "$2" "$1" sft a1 sh -c 'head -c 10000000 /dev/zero; exit 3'
ls "$1/logs/sft"
"""


def test_the_exit_code_survives_a_full_disk(tmp_path: Path) -> None:
    words = ["unshare", "--mount", "sh", "-c", FULL_DISK, "sh", str(tmp_path), str(RUNNER)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("this user may not mount a file system")
    assert done.stdout.split() == ["ended.a1.3", "log"]
