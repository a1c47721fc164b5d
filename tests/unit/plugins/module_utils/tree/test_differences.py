# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a directory lacks of another, as a table, and what such a list may say."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.tree.differences import (
    Names,
    TreePlan,
    WorthReading,
    diff_lines,
    in_the_way,
    plan_tree,
    small_disk,
)
from ansible_collections.distrain.cluster.plugins.module_utils.tree.entries import (
    DIRECTORY,
    FILE,
    LINK,
    OTHER,
    PART_BYTES,
    TreeEntry,
    mode_of,
    shown,
)
from ansible_collections.distrain.cluster.plugins.module_utils.tree.pages import OpenPage, unpack
from ansible_collections.distrain.cluster.plugins.module_utils.tree.store import PageStore
from ansible_collections.distrain.cluster.tests.unit.support.tree_hosts import store_of
from ansible_collections.distrain.cluster.tests.unit.support.tree_pages import pages_of

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
ROOT = TreeEntry("", DIRECTORY, 0o755)


def file(path: str, *digests: str, size: int = 3, mode: int = 0o644, mtime: int = 7) -> TreeEntry:
    return TreeEntry(path, FILE, mode, mtime, size=size, digests=digests)


def directory(path: str) -> TreeEntry:
    return TreeEntry(path, DIRECTORY, 0o755)


def link(path: str, to: str) -> TreeEntry:
    return TreeEntry(path, LINK, 0o777, link=to)


def plan(source, here, delete=False, left=()):
    return plan_tree(store_of([ROOT, *source]), store_of([ROOT, *here]), lambda _entry: left, delete, keeps_owner=False)


def deleted(found):
    return [entry.path for entry in reversed(found.deletes)]


# source, here, delete -> added, changed, deletes, wanted digests, copied locally
TABLE = {
    "the same": ([file("f", A)], [file("f", A)], True, [], [], [], [], []),
    "a new file": ([file("f", A)], [], False, ["f"], [], [], [A], []),
    "an empty file": ([file("f", size=0)], [], False, ["f"], [], [], [], []),
    "another content": ([file("f", A)], [file("f", B)], False, [], ["f"], [], [A], []),
    "another mode": ([file("f", A)], [file("f", A, mode=0o600)], False, [], ["f"], [], [], []),
    "another time": ([file("f", A)], [file("f", A, mtime=8)], False, [], ["f"], [], [], []),
    "moved": ([file("g", A)], [file("f", A)], False, ["g"], [], [], [], ["g"]),
    "moved, deleting": ([file("g", A)], [file("f", A)], True, ["g"], [], ["f"], [], ["g"]),
    "two swapped": ([file("f", A), file("g", B)], [file("f", B), file("g", A)], 0, [], ["f", "g"], [], [], ["f", "g"]),
    "twice the same content": ([file("f", A), file("g", A)], [], False, ["f", "g"], [], [], [A], []),
    "more than the source": ([], [directory("d"), file("d/f", A)], False, [], [], [], [], []),
    "more, deleting": ([], [directory("d"), file("d/f", A)], True, [], [], ["d/f", "d"], [], []),
    "a link": ([link("l", "f")], [], False, ["l"], [], [], [], []),
    "another link": ([link("l", "f")], [link("l", "g")], False, [], ["l"], [], [], []),
    "a link in a file's place": ([file("f", A)], [link("f", "/etc/passwd")], False, [], ["f"], [], [A], []),
    "a file in a link's place": ([link("f", "g")], [file("f", A)], False, [], ["f"], [], [], []),
    "an empty directory": ([directory("d")], [], False, ["d"], [], [], [], []),
    "a part of a large file": (
        [file("f", A, B, size=PART_BYTES + 1)],
        [file("f", A, C, size=PART_BYTES + 1)],
        False,
        [],
        ["f"],
        [],
        [B],
        ["f"],
    ),
}


@pytest.mark.parametrize(
    ("source", "here", "delete", "added", "changed", "deletes", "wanted", "copied"), TABLE.values(), ids=TABLE
)
def test_what_is_lacking(source, here, delete, added, changed, deletes, wanted, copied) -> None:
    found = plan(source, here, delete)
    store = store_of([ROOT, *source])
    assert (list(found.added), list(found.changed), deleted(found)) == (added, changed, deletes)
    assert [store.digest_of(item).hex() for item in found.contents.wanted] == wanted
    assert [work.entry.path for work in found.files if work.local] == copied
    assert found.is_empty == (not added and not changed and not deletes)


@pytest.mark.parametrize(
    ("source", "here"),
    [
        ([directory("x"), file("x/f", A)], [link("x", "/etc")]),
        ([directory("x")], [file("x", A)]),
        ([file("x", A)], [directory("x"), file("x/y", B)]),
        ([link("x", "y")], [directory("x")]),
    ],
    ids=["link for directory", "file for directory", "directory for file", "directory for link"],
)
def test_what_stands_in_the_way_is_only_deleted_on_demand(source, here) -> None:
    refused = plan(source, here)
    assert refused.blocked == ["x"]
    assert not refused.clear
    assert "gpu-02 something else stands in the place of x" in in_the_way(refused, "gpu-02", "/srv")
    cleared = plan(source, here, delete=True)
    assert (cleared.clear, cleared.blocked, deleted(cleared)) == (["x"], [], [])
    assert not in_the_way(cleared, "gpu-02", "/srv")


def test_parts_of_an_earlier_run_are_not_wanted_again() -> None:
    source = [file("f", A, B, C, size=2 * PART_BYTES + 5)]
    found = plan(source, [], left=(0, 2))
    assert list(found.contents.wanted) == [1]
    assert found.contents.needed_bytes == PART_BYTES


def test_the_disk_must_hold_what_is_there_at_the_same_time() -> None:
    source = [file("f", A, size=1000), file("g", B, size=1000)]
    assert plan(source, []).contents.needed_bytes == 2000
    replacing = plan(source, [file("f", C, size=1000), file("g", C, size=1000)])
    assert replacing.contents.needed_bytes == 1000
    assert small_disk(replacing, "gpu-02", "/srv", {"bytes": 1500, "files": 9}, 500) == ""
    shown = small_disk(replacing, "gpu-02", "/srv", {"bytes": 1499, "files": 9}, 500)
    assert "1.50 kB are free there" in shown
    assert "take 1.00 kB and 500 bytes are to stay free" in shown
    assert "room for 1 more files only, and 2 would" in small_disk(
        plan(source, []), "gpu-02", "/srv", {"bytes": 9999, "files": 1}, 0
    )
    assert small_disk(plan(source, []), "gpu-02", "/srv", {"bytes": 9999, "files": 0}, 0) == ""


def test_only_files_that_may_help_are_read() -> None:
    large = PART_BYTES + 1
    here = [file("same size", size=3), file("other", size=4), file("empty", size=0), file("f", size=large + 9)]
    source = [file("g", A, size=3), file("f", A, B, size=large), file("e", size=0)]
    worth = WorthReading(store_of(source))
    assert [one.path for one in here if one in worth] == ["same size", "f"]


def test_without_its_owner_no_file_acts_as_its_owner() -> None:
    entry = TreeEntry("f", FILE, 0o6755)
    assert mode_of(entry.mode, keeps_owner=False) == 0o755
    assert mode_of(entry.mode, keeps_owner=True) == 0o6755


def test_diff_is_capped() -> None:
    found = TreePlan.of(PageStore(), PageStore())
    found.added, found.changed, found.clear = Names("a", "b"), Names("c"), ["d\n"]
    assert diff_lines(found, 9) == ["+ a", "+ b", "~ c", "- d\\n"]
    assert diff_lines(found, 2) == ["+ a", "+ b", "and 2 more"]


def test_lists_travel_whole() -> None:
    entries = [
        ROOT,
        directory("ü 日本"),
        file("ü 日本/\udcff\n", A, B, size=PART_BYTES + 1),
        link("l", "../x"),
        dataclasses.replace(file("e", size=0), uid=7, gid=8),
    ]
    without_owner = [*entries[:-1], dataclasses.replace(entries[-1], uid=0, gid=0)]
    for keeps_owner, expected in ((True, entries), (False, without_owner)):
        pages = [unpack(page.pack()) for page in pages_of(entries, keeps_owner)]
        assert [entry for page in pages for entry in OpenPage(page)] == expected
    assert shown("\udcff\n").isprintable()


@pytest.mark.parametrize(
    "entry",
    [
        file("../f", A),
        file("/etc/passwd", A),
        file("d/../../f", A),
        file("a//b", A),
        file(".", A),
        file(".distrain-tree-staging", A),
        link("..", "x"),
        TreeEntry("x", OTHER),
    ],
    ids=lambda entry: entry.path,
)
def test_paths_that_lead_elsewhere_are_refused(entry) -> None:
    with pytest.raises(ClusterError, match="which no directory can hold"):
        for page in pages_of([ROOT, entry]):
            unpack(page.pack())


@pytest.mark.parametrize(
    "entries",
    [
        [link("x", "/etc"), file("x/passwd", A)],
        [file("x", A), directory("x/y"), file("x/y/z", A)],
        [file("x", A), file("x", B)],
        [file("y", A), file("x", A)],
        [directory("x.y"), directory("x"), file("x/z", A)],
    ],
    ids=["below a link", "below a file", "twice", "out of order", "behind what comes later"],
)
def test_lists_that_no_directory_can_be_are_refused(entries) -> None:
    store = PageStore()
    for page in pages_of([ROOT, *entries]):
        store.add(page, page.digest())
    with pytest.raises(ClusterError, match="which no directory can hold"):
        plan_tree(store, PageStore(), None, delete=False, keeps_owner=False)


def test_the_order_is_that_of_a_walk() -> None:
    entries = [ROOT, directory("x"), file("x/z", A), directory("x.y"), file("x.y/a", A)]
    assert not plan(entries[1:], []).is_empty


@pytest.mark.parametrize("entry", [file("f"), file("f\0", A)], ids=["without its digest", "two names in one"])
def test_damaged_pages_are_refused(entry) -> None:
    with pytest.raises(ClusterError, match=r"without their digests|is damaged"):
        for page in pages_of([ROOT, entry]):
            unpack(page.pack())
