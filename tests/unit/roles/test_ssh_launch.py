# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that lets the first rank start the others; in place of an SSH server a process that sleeps."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.role_programs import ROLES, load_program

PROGRAM = ROLES / "trainer_launch" / "files" / "ssh_launch.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    return load_program("trainer_launch", "ssh_launch")


@pytest.fixture
def server(program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(program.Server, "_command", lambda self: ["sleep", "60"])
    monkeypatch.setattr(program, "launcher_environment", lambda directory: dict(os.environ))
    with program.Server(tmp_path, "localhost", 1) as server:
        yield server


def session(directory: Path, command: str) -> subprocess.Popen[bytes]:
    """What the SSH server would start for one connection."""
    environment = {"SSH_ORIGINAL_COMMAND": command, "PATH": os.environ["PATH"]}
    words = [sys.executable, str(PROGRAM), "--session", str(directory)]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE)


@pytest.mark.parametrize(("end", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 247)])
def test_a_rank_ends_as_what_was_started_there(server: Any, tmp_path: Path, end: str, code: int) -> None:
    connection = session(tmp_path, f"cd / && {end}")
    assert server.serve() == code
    assert connection.wait(10) == code


def test_what_is_started_has_the_environment_of_the_job(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "a secret")
    session(tmp_path, 'test "$HF_TOKEN" = "a secret"')
    assert server.serve() == 0


def test_what_nobody_waits_for_is_ended(server: Any, tmp_path: Path) -> None:
    connection = session(tmp_path, "trap 'exit 9' TERM; while :; do sleep 0.1; done")
    threading.Timer(2, lambda: connection.stdout and connection.stdout.close()).start()
    assert server.serve() == 9


@pytest.mark.parametrize(("end", "code"), [("exit 3", 3), ("kill -TERM $$", 241)])
def test_the_leader_ends_as_its_launcher(server: Any, tmp_path: Path, end: str, code: int) -> None:
    session(tmp_path, "true")
    assert server.lead(["sh", "-c", f"sleep 2; {end}"]) == code


def test_a_launcher_that_started_nothing_has_not_succeeded(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert server.lead(["true"]) == 1
    assert "without starting anything" in capsys.readouterr().out


def test_a_failure_that_the_launcher_hides_is_reported(server: Any, tmp_path: Path) -> None:
    session(tmp_path, "sleep 1; exit 5")
    assert server.lead(["sleep", "2"]) == 5


def test_the_launcher_knows_no_secret(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "found", lambda name, package: f"/usr/bin/{name}")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "a secret")
    monkeypatch.setenv("DISTRAIN_JOB", "/jobs/sft")
    environment = program.launcher_environment(Path("/launch/sft"))
    assert "MLFLOW_TRACKING_TOKEN" not in environment
    assert environment["DISTRAIN_JOB"] == "/jobs/sft"
    assert environment["PDSH_SSH_ARGS_APPEND"] == "-F /launch/sft/ssh_config"


def test_a_server_answers_when_it_speaks_ssh(program: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=lambda: listener.accept()[0].sendall(b"SSH-2.0-x\r\n")).start()
        assert program.answers("127.0.0.1", port)
    assert not program.answers("127.0.0.1", port)


def test_an_image_without_the_tools_says_which(program: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"no no-such-sshd\. Add openssh-server to image_build_apt_packages"):
        program.found("no-such-sshd", "openssh-server")


def test_the_hosts_are_those_of_the_hostfile(program: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "hostfile").write_text("lf-gpu-01 slots=2\nlf-gpu-02 slots=1\n")
    assert program.hosts_of(tmp_path / "hostfile") == ["lf-gpu-01", "lf-gpu-02"]
