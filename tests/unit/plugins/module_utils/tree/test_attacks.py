# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Directories in which somebody else can write, such as a job's output: nothing outside of them is read or written."""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import Piece
from ansible_collections.distrain.cluster.plugins.module_utils.tree import memory as tree_memory
from ansible_collections.distrain.cluster.plugins.module_utils.tree.entries import DIRECTORY, TreeEntry
from ansible_collections.distrain.cluster.plugins.module_utils.tree.pages import unpack
from ansible_collections.distrain.cluster.plugins.module_utils.tree.staging import WHOLE_NAME, staged_name
from ansible_collections.distrain.cluster.tests.unit.support.file_owners import as_root
from ansible_collections.distrain.cluster.tests.unit.support.tree_hosts import Pair, bring, entries_of, tree_kind
from ansible_collections.distrain.cluster.tests.unit.support.tree_pages import pages_of

STAGING = ".distrain-tree-staging"


class Hangs(BaseException):
    """No OSError, as TimeoutError is: nothing that is attacked may catch it."""


@pytest.fixture(autouse=True)
def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def late(*_: Any) -> None:
        raise Hangs

    monkeypatch.setattr(tree_memory.DigestMemory.__init__, "__defaults__", (str(tmp_path / "memory"),))
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.mkdir()
    (path / "f").write_text("content")
    (path / "f").chmod(0o644)
    return path


def observed(path: Path) -> list[TreeEntry]:
    one = tree_kind(path, True)
    try:
        one.observe()
        return entries_of(one)
    finally:
        one.close()


@as_root
@pytest.mark.parametrize("below", ["", "/tree", "/new/deep"])
def test_no_link_of_somebody_else_is_followed_above_the_directory(source: Path, tmp_path: Path, below: str) -> None:
    (tmp_path / "secret/tree").mkdir(parents=True)
    (tmp_path / "secret/tree/shadow").write_text("root")
    (tmp_path / "job").symlink_to("secret")
    os.chown(tmp_path / "job", 1000, 1000, follow_symlinks=False)
    with pytest.raises(PlanError, match=r"On gpu-01, .*/job .*is a symbolic link that is not followed"):
        observed(Path(f"{tmp_path}/job{below}"))
    with pytest.raises(PlanError, match=r"/job .*is a symbolic link that is not followed"):
        bring(source, Path(f"{tmp_path}/job{below}"), delete=True)
    assert [str(one.relative_to(tmp_path / "secret")) for one in sorted((tmp_path / "secret").rglob("*"))] == [
        "tree",
        "tree/shadow",
    ]


def lay(path: Path, what: str, victim: Path) -> None:
    if what == "fifo":
        os.mkfifo(path)
    elif what == "device":
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    elif what == "link":
        path.symlink_to(victim)
    elif what == "hard link":
        path.hardlink_to(victim)
    else:
        (path / "inside").mkdir(parents=True)


LAID = ["fifo", pytest.param("device", marks=as_root), "link", "hard link", "directory"]


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize("what", LAID)
def test_what_lies_in_the_place_of_a_file_being_written_gives_way(
    source: Path, tmp_path: Path, what: str, in_pieces: bool
) -> None:
    victim, target = tmp_path / "victim", tmp_path / "target"
    victim.write_text("precious, and longer")
    victim.chmod(0o600)
    (target / STAGING).mkdir(parents=True)
    (entry,) = [one for one in observed(source) if one.path == "f"]
    lay(target / STAGING / (staged_name(entry) if in_pieces else WHOLE_NAME), what, victim)
    bring(source, target, in_pieces, delete=True)
    assert (target / "f").read_text() == "content"
    assert stat.S_ISREG((target / "f").lstat().st_mode)
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("precious, and longer", 0o600)
    assert [one.name for one in target.iterdir()] == ["f"]


@pytest.mark.parametrize("what", [one for one in LAID if one != "link"])
def test_what_looks_like_a_marker_neither_hangs_nor_goes(source: Path, tmp_path: Path, what: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("x")
    lay(source / ".distrain-tree-marker-00", what, victim)
    assert [one.path for one in observed(source)] == ["", "f"]
    assert os.path.lexists(source / ".distrain-tree-marker-00")


@as_root
def test_a_staging_directory_of_somebody_else_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "target" / STAGING).mkdir(parents=True)
    os.chown(tmp_path / "target" / STAGING, 1000, 1000)
    with pytest.raises(PlanError, match=r"belongs to user 1000\. Remove it"):
        bring(source, tmp_path / "target", delete=True)


def test_the_other_name_of_a_file_keeps_its_mode_and_time(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("content")
    other.chmod(0o600)
    os.utime(other, ns=(1, 1))
    (tmp_path / "target").mkdir()
    (tmp_path / "target/f").hardlink_to(other)
    bring(source, tmp_path / "target", delete=True)
    assert (other.stat().st_mode & 0o777, other.stat().st_mtime_ns, other.stat().st_nlink) == (0o600, 1, 1)
    assert (tmp_path / "target/f").stat().st_mode & 0o777 == 0o644


def test_a_hard_link_that_is_as_it_should_be_stays(source: Path, tmp_path: Path) -> None:
    bring(source, tmp_path / "target", delete=True)
    (tmp_path / "other").hardlink_to(tmp_path / "target/f")
    bring(source, tmp_path / "target", delete=True)
    assert (tmp_path / "other").samefile(tmp_path / "target/f")


@as_root
@pytest.mark.parametrize(
    ("directory_uid", "mode", "file_uid", "is_refused"),
    [
        (1000, 0o755, 0, True),
        (1000, 0o755, 1001, True),
        (1000, 0o755, 1000, False),
        (0, 0o755, 0, False),
        (0, 0o777, 0, True),
    ],
)
def test_hard_links_to_files_of_others_are_not_brought(
    source: Path, tmp_path: Path, directory_uid: int, mode: int, file_uid: int, is_refused: bool
) -> None:
    (tmp_path / "outside").hardlink_to(source / "f")
    os.chown(source / "f", file_uid, file_uid)
    os.chown(source, directory_uid, directory_uid)
    source.chmod(mode)
    if is_refused:
        with pytest.raises(PlanError, match="hard links to files of other users than their directory's: f"):
            observed(source)
    else:
        assert [one.path for one in observed(source)] == ["", "f"]


def test_what_is_laid_while_files_are_written_gives_way(source: Path, tmp_path: Path) -> None:
    """Whoever can write in the directory lays something for each file, after the staging directory was cleared."""
    victim, target = tmp_path / "victim", tmp_path / "target"
    victim.write_text("precious")
    pair = Pair(source, target)
    pair.target.stage({})
    (target / STAGING / WHOLE_NAME).symlink_to(victim)
    pair.target.sink({}).take_whole([Piece(0, 7, 0, b"content")])
    pair.target.sink({}).finish()
    pair.close()
    assert ((target / "f").read_text(), victim.read_text()) == ("content", "precious")


@pytest.mark.parametrize("read", [lambda giver: giver.open_item(0, 1), lambda giver: giver.small_items(iter([0]))])
@pytest.mark.parametrize("what", ["fifo", pytest.param("device", marks=as_root), "link"])
def test_what_is_no_file_when_it_is_read_is_named(source: Path, read: Callable[[Any], Any], what: str) -> None:
    giver = tree_kind(source, True)
    giver.observe()
    (source / "f").rename(source / "g")
    lay(source / "f", what, source / "g")
    with pytest.raises(ClusterError, match=r"f in .* of gpu-01 could not be read: something else than a file"):
        read(giver.source({}))
    giver.close()


@pytest.mark.parametrize(
    "change", [lambda file: file.write_text("Content"), lambda file: file.write_text("more of it")]
)
def test_a_small_file_that_changes_is_named(source: Path, change: Callable[[Path], Any]) -> None:
    giver = tree_kind(source, True)
    giver.observe()
    time.sleep(0.01)
    change(source / "f")
    with pytest.raises(ClusterError, match=r"f in .* has changed while it was read"):
        giver.source({}).small_items(iter([0]))
    giver.close()


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\xc3", b"new\nline", b"\xed\xa0\x80"])
def test_names_that_are_no_utf8_arrive_as_they_are(tmp_path: Path, name: bytes) -> None:
    text = os.fsdecode(name)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / text).write_text("")
    (tmp_path / "odd" / f"l{text}").symlink_to(text)
    bring(tmp_path / "odd", tmp_path / "target", delete=True)
    assert sorted(one.name for one in (tmp_path / "target").iterdir()) == sorted([text, f"l{text}"])
    assert os.fsencode((tmp_path / "target" / f"l{text}").readlink()) == name


@pytest.mark.parametrize("path", ["../\udc80", "a\n/..", "\x1b/./b"])
def test_what_no_name_can_be_is_refused_escaped(path: str) -> None:
    with pytest.raises(ClusterError) as raised:
        for page in pages_of([TreeEntry("", DIRECTORY), TreeEntry(path, DIRECTORY)]):
            unpack(page.pack())
    assert raised.value.message.isprintable()
