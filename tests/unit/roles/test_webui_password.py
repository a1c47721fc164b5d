# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that has a web UI ask for a password, with a stand-in for Gradio that prints what it was given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

PROGRAM = ROOT / "roles/trainer_launch/files/webui_password.py"
PASSWORD = "correct horse battery"
GRADIO = """
class Blocks:
    def launch(self, inline=None, share=None, auth=None, mcp_server=None, **more):
        asks = bool(auth) and [auth(*one) for one in PAIRS] == [True, False, False]
        print("asks" if asks else "open", inline, share, mcp_server, more)
PAIRS = [("distrain", "correct horse battery"), ("distrain", "wrong"), ("else", "correct horse battery")]
"""
UI = """
import sys
import beside
from gradio import Blocks
if __name__ == "__main__":
    print(sys.argv[1:])
    class Board(Blocks):
        pass
    Board().launch(True, share=False, auth=None, mcp_server=True, theme="x")
"""
SAID = "['webui']\nasks True False False {'theme': 'x'}\n"
SERVER = "import socket; socket.create_server(('127.0.0.1', 7860)); print('open')"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command behind the password; what is in ``files`` is there too."""
    app, modules = tmp_path / "app", tmp_path / "modules"
    app.mkdir()
    modules.mkdir()
    (app / "src").mkdir()
    for directory in (app, app / "src"):
        (directory / "board.py").write_text(UI)
        (directory / "beside.py").write_text("")
    (modules / "gradio.py").write_text(GRADIO)
    credentials(tmp_path, {"user": "distrain", "password": PASSWORD})

    def call(*command: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        path = f"{app}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
        words = [sys.executable, str(PROGRAM), *(["--check"] if check else []), str(tmp_path / "credentials"), *command]
        environment = {"PATH": path, "PYTHONPATH": str(modules), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(words, cwd=app, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return call


def credentials(directory: Path, content: object, mode: int = 0o600) -> None:
    path = directory / "credentials"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)


def script(directory: Path, first_line: str, name: str = "board-cli") -> None:
    path = directory / "app" / name
    path.write_text(f"{first_line}\n{UI}")
    path.chmod(0o755)


def refused(done: subprocess.CompletedProcess[str], why: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("webui-password: ")
    assert line.endswith("The web UI was not started.")
    assert why in line
    assert PASSWORD not in line


@pytest.mark.parametrize(
    "command", ["python3 src/board.py webui", "python3 -u -B src/board.py webui", "python3 -m board webui"]
)
def test_a_program_of_python_asks(run: Run, command: str) -> None:
    done = run(*command.split())
    assert (done.returncode, done.stdout) == (0, SAID), done.stderr


@pytest.mark.parametrize("first_line", [f"#!{sys.executable}", "#!/usr/bin/env python3"])
def test_a_console_script_asks(run: Run, tmp_path: Path, first_line: str) -> None:
    script(tmp_path, first_line)
    done = run("board-cli", "webui")
    assert (done.returncode, done.stdout) == (0, SAID), done.stderr


def test_a_check_ends_before_the_program(run: Run) -> None:
    done = run("python3", "-m", "board", check=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    refused(run("python3", "-m", "bored", check=True), "has no module bored")


def test_the_exit_code_is_that_of_the_program(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app" / "end.py").write_text("import sys; sys.exit(7)")
    assert run("python3", "end.py").returncode == 7


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ([], "there is no program to run"),
        (["board-gone"], "there is no program board-gone"),
        (["sleep", "60"], "not a Python program"),
        (["sh", "-c", "python3 src/board.py"], "not a Python program"),
        (["python3"], "names no file"),
        (["python3", "-m"], "names no file"),
        (["python3", "-c", "print('open')"], "names no file"),
        (["python3", "-I", "src/board.py"], "names no file"),
        (["python3", "src/gone.py"], "there is no file src/gone.py in "),
        (["python3", "-m", "gone.board"], "has no module gone.board"),
    ],
)
def test_what_is_no_program_of_python_is_refused(run: Run, command: list[str], why: str) -> None:
    refused(run(*command), why)


@pytest.mark.parametrize(
    "first_line", ["#!/bin/sh", "import this", "#!", "#!/nowhere/python3", "#!/usr/bin/env -S python3 -m"]
)
def test_a_script_of_something_else_is_refused(run: Run, tmp_path: Path, first_line: str) -> None:
    script(tmp_path, first_line)
    refused(run("board-cli", "webui"), "not a Python program")


@pytest.mark.parametrize(
    ("gradio", "why"),
    [
        (None, "No module named 'gradio'"),
        ("raise RuntimeError('it is broken')", "it is broken"),
        ("", "has no attribute 'Blocks'"),
        ("class Blocks:\n    def launch(self, share=None): print('open')", "no auth in Blocks.launch"),
    ],
)
def test_a_gradio_that_cannot_ask_is_refused(run: Run, tmp_path: Path, gradio: str | None, why: str) -> None:
    module = tmp_path / "modules" / "gradio.py"
    module.unlink()
    if gradio is not None:
        module.write_text(gradio)
    refused(run("python3", "src/board.py"), why)


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ({"user": "distrain", "password": PASSWORD}, 0o640, "alone (0600), and is -rw-r-----"),
        ({"user": "distrain", "password": PASSWORD}, 0o604, "alone (0600), and is -rw----r--"),
        ({"user": "distrain", "password": ""}, 0o600, "lacks a user or a password"),
        ({"user": "distrain", "password": 1}, 0o600, "lacks a user or a password"),
        ({"user": "distrain"}, 0o600, "(KeyError)"),
        ([PASSWORD], 0o600, "(TypeError)"),
        (PASSWORD, 0o600, "(JSONDecodeError)"),
    ],
)
def test_a_password_that_is_not_kept_well_is_refused(
    run: Run, tmp_path: Path, content: object, mode: int, why: str
) -> None:
    credentials(tmp_path, content, mode)
    refused(run("python3", "src/board.py"), why)


def test_a_password_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "credentials").unlink()
    refused(run("python3", "src/board.py"), "(No such file or directory)")


@pytest.mark.parametrize(
    "program",
    [
        SERVER,
        f"import threading; one = threading.Thread(target=lambda: exec({SERVER!r})); one.start(); one.join()",
        "import gradio\nclass Board(gradio.Blocks):\n    def launch(self):\n        " + SERVER + "\nBoard().launch()",
    ],
)
def test_a_port_that_is_opened_without_gradio_is_refused(run: Run, tmp_path: Path, program: str) -> None:
    (tmp_path / "app" / "server.py").write_text(program)
    refused(run("python3", "server.py"), "opens port 7860 without Gradio")
