# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nothing outside the directory is opened, and nothing but regular files is read."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.files.safe_open import (
    NotRegular,
    list_directory,
    open_beneath,
    open_regular,
    read_regular,
)
from ansible_collections.distrain.cluster.tests.unit.support.file_owners import open_descriptors


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    root = tmp_path / "root"
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/file").write_bytes(b"0123456789")
    return root


@pytest.mark.parametrize(
    ("name", "target", "relative"),
    [
        ("link", "a/b/file", "link"),
        ("link", "/etc/passwd", "link"),
        ("link", "nowhere", "link"),
        ("link", "a", "link/b/file"),
        ("link", "../outside", "link/secret"),
        ("a/link", "b", "a/link/file"),
        ("link", "link", "link"),
    ],
)
def test_follows_no_link_at_any_component(root: Path, name: str, target: str, relative: str) -> None:
    (root / name).symlink_to(target)
    for opening in (open_beneath, open_regular):
        with pytest.raises(OSError) as raised:
            opening(str(root), relative)
        assert raised.value.errno in (errno.ELOOP, errno.ENOTDIR, errno.EINVAL)
        assert raised.value.filename == str(root / relative)


@pytest.mark.parametrize("relative", ["../outside/secret", "a/../../outside/secret", "/etc/passwd", "a/.."])
def test_refuses_a_path_that_leads_out(root: Path, relative: str) -> None:
    with pytest.raises(OSError) as raised:
        open_regular(str(root), relative)
    assert raised.value.errno == errno.EXDEV


@pytest.mark.parametrize("relative", ["a\0b", "\ud800"])
def test_refuses_what_no_name_can_be(root: Path, relative: str) -> None:
    with pytest.raises(OSError) as raised:
        open_regular(str(root), relative)
    assert raised.value.errno == errno.EINVAL


def test_a_root_may_be_reached_by_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to("root")
    assert read_regular(str(tmp_path / "alias"), "a/b/file", 100) == b"0123456789"


def test_neither_fifo_nor_socket_nor_directory_is_opened(root: Path) -> None:
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(root / "socket"))
    for name in ("fifo", "socket", "a"):
        with pytest.raises(NotRegular) as raised:
            open_regular(str(root), name)
        assert raised.value.filename == str(root / name)


def test_reading_is_bounded_at_either_end(root: Path) -> None:
    assert read_regular(str(root), "a/b/file", 4) == b"0123"
    assert read_regular(str(root), "a/b/file", 4, from_end=True) == b"6789"
    assert read_regular(str(root), "a/b/file", 99, from_end=True) == b"0123456789"
    assert read_regular(str(root), "a/b/file", 0) == b""


def test_a_descriptor_does_not_block_and_is_closed_on_exec(root: Path) -> None:
    os.mkfifo(root / "fifo")
    for descriptor in (open_beneath(str(root), "fifo"), open_regular(str(root), "a/b/file")):
        assert not os.get_blocking(descriptor)
        assert not os.get_inheritable(descriptor)
        os.close(descriptor)


def test_a_listing_is_bounded_and_says_what_each_is(root: Path) -> None:
    (root / "link").symlink_to("/etc")
    (root / "b").write_text("12")
    os.close(os.open(os.fsencode(root) + b"/c\xff", os.O_CREAT | os.O_WRONLY))
    listed = list_directory(str(root), "", 10)
    assert [one.name for one in listed] == ["a", "b", "c\udcff", "link"]
    assert [(one.is_directory, one.is_regular, one.is_link) for one in listed] == [
        (True, False, False),
        (False, True, False),
        (False, True, False),
        (False, False, True),
    ]
    assert listed[1].size == 2
    assert len(list_directory(str(root), "", 2)) == 2
    with pytest.raises(NotADirectoryError):
        list_directory(str(root), "link", 10)


def test_no_descriptor_is_left_open(root: Path) -> None:
    (root / "link").symlink_to("a")
    before = open_descriptors()
    for relative in ("a/b", "link/b", "a/missing/c", "a/b/file"):
        for reading in (lambda path: read_regular(str(root), path, 9), lambda path: list_directory(str(root), path, 9)):
            try:
                reading(relative)
            except OSError:
                continue
    assert open_descriptors() <= before
