# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program that a unit of systemd runs, as one file of text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.program import program

KEEPER = "keeper.daemon"


def test_it_is_the_same_whenever_it_is_made() -> None:
    assert program(KEEPER) == program(KEEPER)


def test_it_says_what_it_holds() -> None:
    lines = program(KEEPER).splitlines()
    assert "#   keeper/keeper.py" in lines and "#   follow/follower.py" in lines
    assert not any("engine/sdk.py" in line for line in lines)


def test_it_runs_alone_from_any_directory(tmp_path: Path) -> None:
    """It imports all that it has before it looks at what it is asked for."""
    path = tmp_path / "program.py"
    path.write_text(program(KEEPER))
    command = [sys.executable, "-I", "-X", "utf8", str(path), "nothing", "llama-factory", "sft"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "KeyError: 'nothing'" in ended.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["program.py"]


def test_its_modules_are_unpacked_and_compiled_once(tmp_path: Path) -> None:
    path, directory = tmp_path / "program.py", tmp_path / "run"
    path.write_text(program(KEEPER))
    directory.mkdir()
    command = [sys.executable, "-I", str(path), "nothing"]
    for _time in range(2):
        ran = subprocess.run(
            command, env={"RUNTIME_DIRECTORY": str(directory)}, capture_output=True, text=True, check=False
        )
        assert "KeyError: 'nothing'" in ran.stderr
    (place,) = directory.iterdir()
    assert list(place.rglob("__pycache__/daemon.*.pyc"))


def test_a_directory_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(program(KEEPER))
    environment = {"RUNTIME_DIRECTORY": str(tmp_path / "none")}
    command = [sys.executable, "-I", str(path), "nothing"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "KeyError: 'nothing'" in ran.stderr
