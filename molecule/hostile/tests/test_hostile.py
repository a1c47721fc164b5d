# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was printed and brought from hosts whose trainer is hostile, and what is left on them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

testinfra_hosts = ["ansible://gpu_hosts"]
EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
PRINTED = sorted((EPHEMERAL / "hostile").glob("*.txt"))
ENDS_WELL = ("start", "status", "logs", "stop", "report")
MOST_PRINTED_BYTES = 200_000


def root(host: Any, command: str) -> str:
    with host.sudo():
        return host.check_output(command)


def test_every_playbook_was_run() -> None:
    assert {path.stem for path in PRINTED} == {*ENDS_WELL, "restarts"}


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.stem)
def test_what_was_printed_is_bounded_and_holds_nothing_of_the_host(path: Path) -> None:
    printed = path.read_bytes()
    assert b"CANARY" not in printed and not re.search(rb"root:[*!$]", printed)
    assert len(printed) < MOST_PRINTED_BYTES
    assert not set(printed) & {0, 7, 27}
    if path.stem in ENDS_WELL:
        assert b"rc=0 " in printed


def test_nothing_of_the_host_came_to_the_controller() -> None:
    fetched = [path for path in (EPHEMERAL / "artifacts").rglob("*") if not path.is_dir()]
    assert fetched
    for path in fetched:
        assert path.is_file() and not path.is_symlink(), path
        content = path.read_bytes()
        assert b"CANARY" not in content and not re.search(rb"root:[*!$]", content), path
        if path.name == "log":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_laid_for_root_is_as_it_was(host: Any) -> None:
    files = root(host, "find /srv/canary -type f").split()
    assert len(files) == 4
    for path in files:
        assert "CANARY-of-" in root(host, f"cat {path}")
    assert not root(host, "find /srv/canary -type l -o -type p")


def test_the_reset_left_nothing_of_the_trainer(host: Any) -> None:
    assert "hostile" not in root(host, "docker ps --all --format '{{.Names}}'")
    with host.sudo():
        assert not host.file("/var/lib/distrain/trainers").exists
