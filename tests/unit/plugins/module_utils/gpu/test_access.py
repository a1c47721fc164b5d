# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A container that may not open its GPUs any more, seen without opening one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended
from ansible_collections.distrain.cluster.plugins.module_utils.gpu import access

SCOPE = "/system.slice/docker-ab.scope"
V1 = f"12:pids:/x\n5:devices:{SCOPE}\n1:name=systemd:/y\n0::/z\n"


@pytest.mark.parametrize(
    ("text", "version", "group"),
    [
        (V1, 1, SCOPE),
        ("4:cpu,devices,memory:/docker/ab\n", 1, "/docker/ab"),
        (f"0::{SCOPE}\n", 2, SCOPE),
        (f"0::{SCOPE}\n", 1, ""),
        ("9:mydevices:/x\n", 1, ""),
        ("", 2, ""),
    ],
)
def test_the_control_group_of_devices(text: str, version: int, group: str) -> None:
    assert access.control_group(text, version) == group


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / f"devices{SCOPE}").mkdir(parents=True)
    (tmp_path / f"devices{SCOPE}/cgroup.procs").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "is_known"), [(V1, True), ("5:devices:/\n0::/\n", False), ("5:devices:/gone\n", False)]
)
def test_the_file_of_members(tree: Path, text: str, is_known: bool) -> None:
    (tree / "proc/7/cgroup").write_text(text)
    found = access._members(7, (tree / "devices", tree / "unified"), tree / "proc")
    assert found == (tree / f"devices{SCOPE}/cgroup.procs" if is_known else None)
    assert access._members(8, (tree / "devices",), tree / "proc") is None


def test_the_question_joins_the_group_and_asks_of_the_node(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = tree / f"devices{SCOPE}/cgroup.procs"
    monkeypatch.setattr(access, "_members", lambda pid: members)
    assert not access.is_denied(7, Path(os.devnull))
    assert int(members.read_text()) > 1
    # Of what is not there nothing is said.
    assert not access.is_denied(7, tree / "absent")


@pytest.mark.parametrize(("answered", "denied"), [(Ended(0, "denied\n", ""), True), (Ended(1, "", "EBUSY"), False)])
def test_an_answer(answered: Any, denied: bool, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_members", lambda pid: tree)
    monkeypatch.setattr(access, "run_command", lambda argv, seconds: answered)
    assert access.is_denied(7, Path(os.devnull)) is denied
