# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The spool takes no directory that holds other things, and touches nothing in one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.layers.directory import SpoolDirectory, owned_spool
from ansible_collections.distrain.cluster.plugins.module_utils.relay.unfinished import UnfinishedItems
from ansible_collections.distrain.cluster.tests.unit.support.file_owners import as_root

MARK = ".distrain-spool"
HEX = "a" * 64
ACTS: dict[str, Callable[[Path], object]] = {
    "check": lambda path: SpoolDirectory(str(path)).check(),
    "prepare": lambda path: SpoolDirectory(str(path)).prepare(),
    "remember": lambda path: SpoolDirectory(str(path)).remember({"sha256:a": 1}, {}),
    "keep_config": lambda path: SpoolDirectory(str(path)).keep_config(f"sha256:{HEX}", b"{}"),
    "discard": lambda path: SpoolDirectory(str(path)).discard(f"sha256:{HEX}"),
    "make_room": lambda path: SpoolDirectory(str(path), 0).make_room(1),
    "close": lambda path: SpoolDirectory(str(path), 0).close(),
    "clear": lambda path: UnfinishedItems(owned_spool(str(path))).clear(),
    "take": lambda path: UnfinishedItems(owned_spool(str(path))).take(HEX),
}


def state(path: Path) -> tuple[int, dict[str, bytes]]:
    return path.stat().st_mode, {one.name: one.read_bytes() for one in path.iterdir() if one.is_file()}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("foreign", ["model.bin", "lost+found", "a" * 63, f"{HEX}.txt"])
def test_a_directory_of_others_is_refused_and_stays(tmp_path: Path, act: str, foreign: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    for name in (foreign, ".part-download", ".begun-book", "index.json", HEX, f"{HEX}.json"):
        (data / name).write_text(name)
    before = state(data)
    with pytest.raises(PlanError) as raised:
        ACTS[act](data)
    assert f"spool_directory is {data}, which holds other things (such as {foreign!r})" in raised.value.message
    assert f"{data}/distrain-spool" in raised.value.message
    assert state(data) == before


def test_what_would_be_kept_of_a_cut_run_goes_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_text("x")
    with pytest.raises(PlanError):
        UnfinishedItems(owned_spool(str(tmp_path))).keep(HEX, 1, [b"x"])
    assert [one.name for one in tmp_path.iterdir()] == ["model.bin"]


@pytest.mark.parametrize("names", [[], [HEX, f"{HEX}.json", "index.json", ".part-x", ".begun-x"]])
def test_an_empty_one_and_that_of_an_earlier_version_are_taken(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "spool"
    path.mkdir()
    path.chmod(0o750)
    for name in names:
        (path / name).write_text("")
    owned = owned_spool(str(path))
    owned.claim()
    (path / "added by somebody").write_text("x")
    owned.claim()
    SpoolDirectory(str(path)).prepare()
    assert (path / "added by somebody").exists(), "what has no name of ours stays"
    assert path.stat().st_mode & 0o777 == 0o750, "the mode that it was given stays"


def test_only_what_was_made_goes_again(tmp_path: Path) -> None:
    made, taken = tmp_path / "new/made", tmp_path / "taken"
    taken.mkdir()
    for path in (made, taken):
        owned_spool(str(path)).claim()
        assert [one.name for one in path.iterdir()] == [MARK]
        owned_spool(str(path)).leave()
    assert made.parent.is_dir()
    assert not made.exists()
    assert taken.is_dir()


def test_what_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    SpoolDirectory(str(tmp_path / "new/spool")).prepare()
    assert (tmp_path / "new/spool").stat().st_mode & 0o777 == 0o700


@as_root
@pytest.mark.parametrize(("uid", "mode"), [(1000, 0o700), (0, 0o777), (0, 0o1777)])
def test_one_that_others_can_write_is_refused(tmp_path: Path, uid: int, mode: int) -> None:
    path = tmp_path / "spool"
    path.mkdir()
    path.chmod(mode)
    os.chown(path, uid, 0)
    with pytest.raises(PlanError, match="in which others than user 0 can write"):
        owned_spool(str(path)).claim()
    assert list(path.iterdir()) == []


@as_root
def test_a_mark_of_somebody_else_is_none(tmp_path: Path) -> None:
    (tmp_path / MARK).write_text("{}")
    os.chown(tmp_path / MARK, 1000, 1000)
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanError, match="holds other things"):
        owned_spool(str(tmp_path)).claim()


def test_what_is_no_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(PlanError, match="is no directory"):
            owned_spool(str(path)).claim()
