# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Directories on a real file system: from a source into a sink, cut, resumed, attacked and shared."""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.tree import agent as tree_agent
from ansible_collections.distrain.cluster.plugins.module_utils.tree import contents as tree_contents
from ansible_collections.distrain.cluster.plugins.module_utils.tree import differences as tree_differences
from ansible_collections.distrain.cluster.plugins.module_utils.tree import entries as tree_entries
from ansible_collections.distrain.cluster.plugins.module_utils.tree import memory as tree_memory
from ansible_collections.distrain.cluster.plugins.module_utils.tree import pages as tree_pages
from ansible_collections.distrain.cluster.plugins.module_utils.tree import reader as tree_reader
from ansible_collections.distrain.cluster.plugins.module_utils.tree import sink as tree_sink
from ansible_collections.distrain.cluster.plugins.module_utils.tree import source as tree_source
from ansible_collections.distrain.cluster.plugins.module_utils.tree import staging as tree_staging
from ansible_collections.distrain.cluster.tests.unit.support.tree_hosts import Pair, bring, entries_of, tree_kind

PART = 1000
MODULES = (tree_contents, tree_differences, tree_entries, tree_pages, tree_reader, tree_source, tree_sink, tree_staging)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch, tmp_path) -> None:
    for module in MODULES:
        monkeypatch.setattr(module, "PART_BYTES", PART)
    monkeypatch.setattr(tree_memory.DigestMemory.__init__, "__defaults__", (str(tmp_path / "memory"),))


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "source"
    (path / "d" / "empty").mkdir(parents=True)
    (path / "d" / "small").write_bytes(b"small")
    (path / "d" / "same").write_bytes(b"small")
    (path / "large").write_bytes(os.urandom(3500))
    (path / "sparse").write_bytes(b"\0" * 2500 + b"x")
    (path / "odd ü\n").write_bytes(b"")
    (path / "link").symlink_to("d/small")
    (path / "d" / "small").chmod(0o4750)
    os.utime(path / "large", ns=(1, 123456789))
    os.utime(path / "d", ns=(1, 987654321))
    return path


def content(path: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in sorted(path.rglob("*")):
        if one.name.startswith(".distrain-tree-marker"):
            continue
        status = one.lstat()
        what = str(one.readlink()) if one.is_symlink() else one.read_bytes() if one.is_file() else None
        of_it = (status.st_mode & 0o1777, status.st_mtime_ns) if not one.is_symlink() else None
        found[str(one.relative_to(path))] = (what, of_it)
    return found


@pytest.mark.parametrize("in_pieces", [False, True])
def test_all_of_it_comes_once(source, tmp_path, in_pieces) -> None:
    target = tmp_path / "new" / "target"
    found = bring(source, target, in_pieces)
    assert found["files_sent"] == 4
    # The two files of the same content share an item, as do the two parts that are nothing but zeros.
    assert found["bytes"] == 5 + 3500 + 1501
    assert content(target) == content(source)
    assert target.stat().st_mtime_ns == source.stat().st_mtime_ns
    again = bring(source, target)
    assert not again["changed"]
    assert again["wanted"] == []


def test_chosen_files_alone_come_and_the_rest_stays(source, tmp_path) -> None:
    target = tmp_path / "target"
    (target / "d").mkdir(parents=True)
    (target / "d" / "own").write_bytes(b"own")
    kind = tree_kind(source, True, only=["d/small", "large", "absent"], marks=False)
    try:
        assert kind.observe()["marker"] == ""
        assert [one.path for one in entries_of(kind)] == ["", "d", "d/small", "large"]
    finally:
        kind.close()
    found = bring(source, target, only=["d/small", "large"])
    assert found["files_sent"] == 2
    assert sorted(content(target)) == ["d", "d/own", "d/small", "large"]


def test_only_what_changed_comes(source, tmp_path) -> None:
    target = tmp_path / "target"
    bring(source, target)
    data = bytearray((source / "large").read_bytes())
    data[1500] ^= 1
    (source / "large").write_bytes(data)
    (source / "d" / "small").rename(source / "d" / "moved")
    found = bring(source, target)
    assert (found["bytes"], found["files_sent"], found["deleted"]) == (PART, 1, 0)
    assert (target / "d" / "small").exists()
    assert bring(source, target, delete=True)["deleted"] == 1
    assert content(target) == content(source)


@pytest.mark.parametrize("only", [0, 1, 2, 3])
def test_a_cut_costs_at_most_one_part(source, tmp_path, only) -> None:
    target = tmp_path / "target"
    whole = Pair(source, target)
    whole.carry(only=only)
    whole.close()
    assert not (target / "large").exists()
    rest = bring(source, target)
    # The first item is a small file, the next are the parts of a large one.
    assert rest["bytes"] == whole.found["bytes"] - sum([5, PART, PART][:only])
    assert content(target) == content(source)
    assert not list(target.glob(".distrain*"))


def test_whole_parts_of_a_killed_run_are_used(source, tmp_path) -> None:
    target = tmp_path / "target"
    (source / "d" / "small").unlink()
    (source / "d" / "same").unlink()
    killed = Pair(source, target)
    killed.carry(only=2)
    # Nothing of it is closed: it is as if it had been killed. What it locked is free once it is gone.
    os.close(killed.target._staging._fd)
    rest = Pair(source, target)
    assert len(rest.found["wanted"]) == len(killed.found["wanted"]) - 2
    rest.carry()
    rest.close()
    assert content(target) == content(source)


def test_two_transfers_into_one_directory_are_refused(source, tmp_path) -> None:
    first, second = Pair(source, tmp_path / "target"), Pair(source, tmp_path / "target")
    first.target.stage({"owner": False})
    with pytest.raises(PlanError, match=r"Another transfer into .* is under way"):
        second.target.stage({"owner": False})


def test_nothing_is_written_through_a_link(source, tmp_path) -> None:
    target, victim = tmp_path / "target", tmp_path / "victim"
    victim.mkdir()
    (victim / "small").write_bytes(b"precious")
    target.mkdir()
    (target / "d").symlink_to(victim)
    (target / "large").symlink_to(victim / "small")
    pair = Pair(source, target)
    assert "something else stands in the place of d" in pair.found["problem"]
    bring(source, target, delete=True)
    assert (victim / "small").read_bytes() == b"precious"
    assert content(target) == content(source)


def test_a_link_that_comes_meanwhile_is_not_followed(source, tmp_path) -> None:
    target, victim = tmp_path / "target", tmp_path / "victim"
    victim.mkdir()
    bring(source, target)
    (source / "d" / "small").write_bytes(b"other")
    pair = Pair(source, target)
    (target / "d").rename(tmp_path / "away")
    (target / "d").symlink_to(victim)
    with pytest.raises(ClusterError, match="A part of its path was replaced by a symbolic link or a file"):
        pair.carry()
    assert not list(victim.iterdir())


def test_a_file_that_changes_is_named(source, tmp_path) -> None:
    pair = Pair(source, tmp_path / "target")
    with (source / "large").open("ab") as file:
        file.write(b"more")
    with pytest.raises(ClusterError, match=r"large in .* has changed while it was read"):
        pair.carry()


def test_the_same_storage_is_left_alone(source) -> None:
    before = source.stat().st_mtime_ns
    pair = Pair(source, source)
    assert pair.found == {"is_shared": True}
    pair.close()
    assert not list(source.glob(".distrain*"))
    assert source.stat().st_mtime_ns == before


def test_marker_of_a_dead_run_goes(source, tmp_path) -> None:
    (source / ".distrain-tree-marker-1234").write_bytes(b"")
    living = tree_kind(source, True)
    name = living.observe()["marker"]
    bring(source, tmp_path / "target")
    assert [one.name for one in source.glob(".distrain*")] == [name]
    living.close()


def test_check_mode_writes_nothing(source, tmp_path) -> None:
    found = tree_kind(source, True, writes=False).observe()
    assert found["marker"] == ""
    assert not (tmp_path / "memory").exists()


def test_disk_is_looked_at_first(source, tmp_path) -> None:
    pair = Pair(source, tmp_path / "target", reserve=10**18)
    assert "The disk of gpu-01 is too small" in pair.found["problem"]
    assert not (tmp_path / "target").exists()


def test_digests_are_remembered_only_of_settled_files(source, tmp_path, monkeypatch) -> None:
    tree_kind(source, True).observe()
    assert next((tmp_path / "memory").iterdir()).read_bytes() == tree_memory._KIND
    monkeypatch.setattr(tree_reader, "_SETTLED_SECONDS", -5)
    first = tree_kind(source, True).observe()["outline"]
    monkeypatch.setattr(tree_reader, "digest_of", lambda *_: pytest.fail("it was read again"))
    assert tree_kind(source, True).observe()["outline"] == first
    (source / "large").write_bytes(b"x")
    with pytest.raises(BaseException, match="it was read again"):
        tree_kind(source, True).observe()


def changes() -> dict[str, Callable[[Path], object]]:
    """What changes the content of a file, and what of it shows."""
    return {
        "the size": lambda file: file.write_bytes(b"x"),
        "the time": lambda file: (file.write_bytes(os.urandom(3500)), os.utime(file, ns=(1, 2))),
        "nothing but ctime": lambda file: (file.write_bytes(os.urandom(3500)), os.utime(file, ns=(1, 123456789))),
        "the inode": lambda file: (
            file.with_name("new").write_bytes(os.urandom(3500)),
            os.utime(file.with_name("new"), ns=(1, 123456789)),
            file.with_name("new").rename(file),
        ),
    }


@pytest.mark.parametrize("change", changes().values(), ids=changes())
def test_a_changed_file_is_never_taken_for_the_same(source, tmp_path, monkeypatch, change) -> None:
    monkeypatch.setattr(tree_reader, "_SETTLED_SECONDS", -5)
    target = tmp_path / "target"
    bring(source, target)
    assert not bring(source, target)["changed"]
    for path in (source, target):
        time.sleep(0.01)
        change(path / "large")
        assert bring(source, target)["changed"]
        assert content(target) == content(source)


def test_what_was_written_is_not_read_again(source, tmp_path, monkeypatch) -> None:
    target = tmp_path / "target"
    monkeypatch.setattr(tree_reader, "_SETTLED_SECONDS", -5)
    bring(source, target)
    monkeypatch.setattr(tree_reader, "digest_of", lambda *_: pytest.fail("it was read again"))
    again = Pair(source, target)
    assert (again.found["changed"], list(again.sent_pages)) == (False, [])
    again.close()
    # What is remembered belongs to one directory.
    target.rename(tmp_path / "moved")
    with pytest.raises(BaseException, match="it was read again"):
        Pair(source, tmp_path / "moved")


def test_what_a_container_can_write_is_read_again(source, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tree_reader, "_SETTLED_SECONDS", 60)
    target = tmp_path / "target"
    bring(source, target, untrusted_below=str(tmp_path))
    read = []
    digest_of = tree_reader.digest_of
    monkeypatch.setattr(tree_reader, "digest_of", lambda *some: read.append(some) or digest_of(*some))
    kind = tree_kind(target, True)
    kind.observe()
    kind.close()
    assert read


def test_sparse_files_stay_sparse(tmp_path, monkeypatch) -> None:
    for module in MODULES:
        monkeypatch.setattr(module, "PART_BYTES", 1024**2)
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    with (source / "f").open("wb") as file:
        file.seek(8 * 1024**2)
        file.write(b"x")
    bring(source, target)
    assert content(target) == content(source)
    # The part of zeros comes once and is copied to its other places.
    assert (target / "f").stat().st_size == 8 * 1024**2 + 1


def test_no_directory_to_bring(tmp_path) -> None:
    with pytest.raises(PlanError, match="gpu-01 has no directory"):
        tree_kind(tmp_path / "none", True).observe()


def test_items_have_the_sizes_of_their_parts(source) -> None:
    kind = tree_kind(source, True)
    kind.observe()
    giver = kind.source({})
    sizes = []
    for item in range(kind._here.items):
        size, opened = giver.open_item(item, 1)
        sizes.append(size)
        with opened:
            assert opened.read(size) is not None
    assert sum(sizes) == 5 + 5 + 3500 + 2501
    kind.close()


def observed(path: Path) -> tree_agent.TreeKind:
    kind = tree_kind(path, True)
    kind.observe()
    kind.close()
    return kind


def many_files(path: Path, count: int) -> None:
    for number in range(count):
        directory = path / f"{number % 7}" / f"{number % 3}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{number}").write_text(f"content {number}")


def test_only_pages_that_differ_are_sent(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tree_pages, "_MEAN_ENTRIES", 16)
    monkeypatch.setattr(tree_reader, "_SETTLED_SECONDS", -5)
    source, target = tmp_path / "source", tmp_path / "target"
    many_files(source, 600)
    first = Pair(source, target)
    pages = len(first.sent_pages)
    assert (first.found["files_sent"], pages > 20) == (600, True)
    first.carry()
    first.close()
    assert content(target) == content(source)
    (source / "3/2/17").write_text("other")
    (source / "5/1/1000").write_text("new")
    (source / "0/0/0").unlink()
    os.utime(source / "6/0", ns=(5, 5))
    second = Pair(source, target, delete=True)
    assert second.found["files_sent"] == 2
    assert second.found["deleted"] == 1
    assert 0 < len(second.sent_pages) < pages / 2
    second.carry()
    second.close()
    assert content(target) == content(source)


def test_a_file_is_found_anywhere_in_the_directory(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tree_pages, "_MEAN_ENTRIES", 16)
    monkeypatch.setattr(tree_reader, "_SETTLED_SECONDS", -5)
    source, target = tmp_path / "source", tmp_path / "target"
    many_files(source, 100)
    bring(source, target)
    for number in range(0, 100, 9):
        name = f"{number % 7}/{number % 3}/{number}"
        (source / name).rename(source / f"moved-{number}")
    found = bring(source, target, delete=True)
    assert (found["bytes"], found["files_sent"], found["deleted"]) == (0, 0, 12)
    assert content(target) == content(source)


@pytest.mark.parametrize("waited", [0, 1])
def test_threads_read_only_where_the_disk_is_waited_for(tmp_path, monkeypatch, waited) -> None:
    """The digests are the same either way, and in their order."""
    times = itertools.count(0, waited * 1000)
    monkeypatch.setattr(tree_reader, "_times_waited", lambda: next(times))
    readers: list[str] = []
    digest_of = tree_reader.digest_of
    monkeypatch.setattr(
        tree_reader, "digest_of", lambda *part: readers.append(threading.current_thread().name) or digest_of(*part)
    )
    many_files(tmp_path / "source", 300)
    (tmp_path / "source/large").write_bytes(os.urandom(5 * PART))
    found = {entry.path: entry.digests for entry in entries_of(observed(tmp_path / "source"))}
    for number in range(300):
        path = f"{number % 7}/{number % 3}/{number}"
        assert found[path] == (hashlib.sha256(f"content {number}".encode()).hexdigest(),)
    pooled = [name for name in readers if name.startswith("ThreadPool")]
    assert len(readers) == 305
    assert (len(pooled) > 200) == bool(waited)


def test_a_damaged_memory_is_as_none(source, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tree_reader, "_SETTLED_SECONDS", -5)
    outline = tree_kind(source, True).observe()["outline"]
    memory = next((tmp_path / "memory").iterdir())
    whole = memory.read_bytes()
    for damaged in (b"", whole[:-1], whole[: len(whole) // 2], b"x" + whole, b"[]"):
        memory.write_bytes(damaged)
        assert tree_kind(source, True).observe()["outline"] == outline
        assert memory.read_bytes() == whole
