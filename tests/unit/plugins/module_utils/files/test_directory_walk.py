# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.files import directory_walk
from ansible_collections.distrain.cluster.plugins.module_utils.files.directory_walk import DirectoryWalk

FILES = ("a", "b/c", "b/d/e", "b/d/f", "b/g", "h/c", "b/d/e")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("b")
    (tmp_path / "b/link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


@pytest.fixture
def walk(root: Path) -> Iterator[DirectoryWalk]:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with DirectoryWalk(os.open(root, os.O_PATH)) as walk:
        yield walk
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def content(walk: DirectoryWalk, name: str) -> str:
    with os.fdopen(walk.open_regular(os.fsencode(name).split(b"/"))) as file:
        return file.read()


def test_files_in_any_order(walk: DirectoryWalk) -> None:
    assert [content(walk, name) for name in FILES] == list(FILES)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("link/c", errno.ENOTDIR),
        ("link", errno.EINVAL),
        ("b/link", errno.EINVAL),
        ("fifo", errno.EINVAL),
        ("b/d", errno.EINVAL),
        ("a/b", errno.ENOTDIR),
        ("b/absent", errno.ENOENT),
        ("absent/c", errno.ENOENT),
    ],
)
def test_what_is_refused_is_named_and_ends_nothing(walk: DirectoryWalk, name: str, number: int) -> None:
    for _round in range(2):
        with pytest.raises(OSError, match=name) as raised:
            content(walk, name)
        assert (raised.value.errno, raised.value.filename) == (number, name)
        assert content(walk, "b/d/e") == "b/d/e"


def test_how_deep_it_goes(walk: DirectoryWalk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_walk, "_DEEPEST", 1)
    assert content(walk, "b/c") == "b/c"
    with pytest.raises(OSError, match="Lies too deep"):
        content(walk, "b/d/e")
