# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that succeed, fail, are missing, cannot be executed, or take too long."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended, command_output, run_command


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("echo out; echo err >&2", Ended(0, "out\n", "err\n"), id="success"),
        pytest.param("exit 3", Ended(3, "", ""), id="failure"),
        pytest.param("exit 127", Ended(127, "", ""), id="a status that also stands for a missing command"),
        pytest.param("cat; echo $LC_ALL", Ended(0, "C\n", ""), id="no input, and in English"),
        pytest.param("printf '\\377'", Ended(0, "\ufffd", ""), id="bytes that are no text"),
    ],
)
def test_what_a_command_says(script: str, expected: Ended) -> None:
    assert run_command(["sh", "-c", script], 10) == expected


def test_the_commands_of_root_are_found_without_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH", raising=False)
    assert command_output("sh", "-c", "command -v ldconfig").endswith("sbin/ldconfig")


def test_why_a_command_has_not_run(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert run_command(["no-such-command", "a"], 10) == Ended(127, "", "no-such-command is not installed", False)
    assert run_command(["sleep", "60"], 0.1) == Ended(124, "", "sleep 60 took longer than 0.1 s", False)
    done = run_command([str(script)], 10)
    assert (done.rc, done.has_run) == (126, False)
    assert done.stderr.startswith(f"{script} cannot be run: ")


def test_output_is_empty_where_a_command_fails() -> None:
    assert command_output("sh", "-c", "echo ' a '") == "a"
    assert command_output("sh", "-c", "echo a; exit 1") == ""
    assert command_output("no-such-command") == ""
