# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which links on the way to a directory are followed: those that nobody else can exchange."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.files.trusted_path import open_nearest, open_trusted
from ansible_collections.distrain.cluster.tests.unit.support.file_owners import as_root, open_descriptors


def place(descriptor: int) -> str:
    found = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    os.close(descriptor)
    return found


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """What is to be opened, in a directory that nobody but its owner can write."""
    (tmp_path / "mnt/data/models").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("link", "target", "path"),
    [
        ("data", "mnt/data", "data/models"),
        ("data", "{tmp}/mnt/data", "data/models"),
        ("mnt/up", "../mnt/./data", "mnt/up/models"),
        ("last", "mnt/data/models", "last"),
        ("data", "mnt/data", "data//./models/"),
    ],
)
def test_own_links_are_followed(there: Path, link: str, target: str, path: str) -> None:
    (there / link).symlink_to(target.format(tmp=there))
    before = open_descriptors()
    assert place(open_trusted(f"{there}/{path}")) == f"{there}/mnt/data/models"
    assert place(open_nearest(f"{there}/{path}/new/deep")) == f"{there}/mnt/data/models"
    assert open_descriptors() <= before


@as_root
@pytest.mark.parametrize("path", ["job/tree", "job", "job/new/deep"])
@pytest.mark.parametrize(
    ("link_uid", "directory_uid", "mode", "because"),
    [
        (1000, 0, 0o755, "it belongs to user 1000"),
        (0, 1000, 0o755, "its directory belongs to user 1000"),
        (0, 0, 0o777, "others than its owner can write"),
        (0, 0, 0o1777, "others than its owner can write"),
    ],
)
def test_links_of_others_are_refused_by_name(
    there: Path, path: str, link_uid: int, directory_uid: int, mode: int, because: str
) -> None:
    (there / "user").mkdir()
    (there / "user").chmod(mode)
    os.chown(there / "user", directory_uid, directory_uid)
    (there / "user/job").symlink_to(there / "mnt")
    os.chown(there / "user/job", link_uid, link_uid, follow_symlinks=False)
    before = open_descriptors()
    for make in (False, True):
        with pytest.raises(PlanError) as raised:
            open_trusted(f"{there}/user/{path}", make)
        assert raised.value.message.startswith(f"{there}/user/job ")
        assert because in raised.value.message
        assert f"leads to {there}/mnt" in raised.value.message
    assert [one.name for one in (there / "mnt").iterdir()] == ["data"], "nothing is made there"
    assert open_descriptors() <= before


@as_root
def test_directories_of_others_are_no_obstacle(there: Path) -> None:
    os.chown(there / "mnt/data", 1000, 1000)
    (there / "mnt").chmod(0o777)
    assert place(open_trusted(f"{there}/mnt/data/models"))


def test_what_is_missing_is_made_where_that_is_wanted(there: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        open_trusted(f"{there}/mnt/new/deep")
    assert raised.value.filename == f"{there}/mnt/new"
    before = os.umask(0o022)
    try:
        assert place(open_trusted(f"{there}/mnt/new/deep", make=True)) == f"{there}/mnt/new/deep"
    finally:
        os.umask(before)
    assert (there / "mnt/new").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("kind", ["file", "fifo"])
def test_what_is_no_directory_is_named_and_not_opened(there: Path, kind: str) -> None:
    if kind == "file":
        (there / "it").write_text("x")
    else:
        os.mkfifo(there / "it")
    for path in (f"{there}/it", f"{there}/it/below"):
        with pytest.raises(NotADirectoryError) as raised:
            open_trusted(path, make=True)
        assert raised.value.filename == f"{there}/it"


def test_links_in_a_circle_end(there: Path) -> None:
    (there / "a").symlink_to("b")
    (there / "b").symlink_to("a")
    with pytest.raises(OSError) as raised:
        open_trusted(f"{there}/a")
    assert raised.value.errno == errno.ELOOP


@pytest.mark.parametrize("link", ["job", "job/checkpoint"])
def test_below_what_a_container_writes_no_link_is_followed(there: Path, link: str) -> None:
    """Root in a container is root on its host, so that the owner of a link says nothing."""
    (there / "volume" / "job").mkdir(parents=True)
    place(open_trusted(f"{there}/volume/job", untrusted_below=f"{there}/volume"))
    (there / "volume" / "job").rmdir() if link == "job" else None
    (there / "volume" / link).symlink_to(there / "mnt")
    for make in (False, True):
        with pytest.raises(PlanError, match="a container can write in its directory"):
            open_trusted(f"{there}/volume/{link}/data", make, f"{there}/volume")
    assert [one.name for one in (there / "mnt").iterdir()] == ["data"]


def test_the_way_to_what_a_container_writes_is_trusted_as_ever(there: Path) -> None:
    (there / "data").symlink_to(there / "mnt")
    assert place(open_trusted(f"{there}/data/data/new", True, f"{there}/data/data")) == f"{there}/mnt/data/new"
    with pytest.raises(PlanError, match=r"/mnt/x does not lie in .*/mnt/data"):
        open_trusted(f"{there}/mnt/x", untrusted_below=f"{there}/mnt/data")
