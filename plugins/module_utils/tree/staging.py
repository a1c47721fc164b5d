# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that are being written, hidden in their own directory until each is whole and gets its name."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable

from ..base.errors import PlanError
from ..files.safe_open import NotRegular, open_regular_at
from ..relay.frames import SMALL_BYTES
from .entries import OWN_NAMES, PART_BYTES, TreeEntry, mode_of
from .reader import digest_of
from .root import TreeRoot

_NAME = f"{OWN_NAMES}-staging"
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_COPY_BYTES = 1024**2
# The name of each small file, one after the other, until it gets its own.
WHOLE_NAME = "whole"
_NOTHING = bytes(SMALL_BYTES)


class TreeStaging:
    """What an earlier run left of the same content is used again; what is not wanted any more is removed."""

    def __init__(self, root: TreeRoot) -> None:
        self._root = root
        self._fd: int | None = None
        with root.naming(_NAME, "opened"), contextlib.suppress(FileNotFoundError):
            self._open()

    def _open(self) -> None:
        self._fd = os.open(_NAME, _OPEN_DIRECTORY, dir_fd=self._root.directory(""))
        owner = os.fstat(self._fd).st_uid
        if owner != os.geteuid():
            raise PlanError(f"{_NAME} in {self._root.name} belongs to user {owner}. Remove it.")

    @property
    def has_any(self) -> bool:
        """Whether an earlier run has left anything."""
        return self._fd is not None

    def left(self, entry: TreeEntry) -> tuple[int, ...]:
        """Return the parts of a file that are here and whole."""
        if self._fd is None:
            return ()
        try:
            descriptor = self._own_file(staged_name(entry), os.O_RDONLY)
        except OSError:
            return ()
        if descriptor is None:
            return ()
        try:
            return tuple(
                part
                for part, digest in enumerate(entry.digests)
                if digest_of(descriptor, part * PART_BYTES, entry.part_size(part)) == digest
            )
        finally:
            os.close(descriptor)

    def start(self, wanted: Iterable[TreeEntry]) -> None:
        """Make the directory, for this run alone, and remove what is not wanted."""
        with self._root.naming(_NAME, "made"):
            with contextlib.suppress(FileExistsError):
                os.mkdir(_NAME, 0o700, dir_fd=self._root.directory(""))
            if self._fd is None:
                self._open()
            self._lock(self.descriptor)
            unwanted = set(_names_in(self.descriptor))
            if unwanted:
                unwanted.difference_update(staged_name(entry) for entry in wanted)
            for name in unwanted:
                self._remove(name)

    def _lock(self, descriptor: int) -> None:
        os.fchmod(descriptor, 0o700)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlanError(f"Another transfer into {self._root.name} is under way. Let it end.") from None

    @property
    def descriptor(self) -> int:
        if self._fd is None:
            raise RuntimeError("the staging directory is not open")
        return self._fd

    def open(self, entry: TreeEntry) -> int:
        """Open for reading and writing. What has the name and is not a file of ours alone is removed, not opened."""
        name = staged_name(entry)
        with contextlib.suppress(FileExistsError):
            return os.open(name, _NEW_FILE, 0o600, dir_fd=self.descriptor)
        descriptor = self._own_file(name, os.O_RDWR)
        if descriptor is not None:
            return descriptor
        return self._new(name)

    def _own_file(self, name: str, flags: int) -> int | None:
        """Return a descriptor; None for what is no regular file, of another owner, or has another name too."""
        try:
            descriptor = open_regular_at(self.descriptor, name, flags)
        except NotRegular:
            return None
        status = os.fstat(descriptor)
        if status.st_uid == os.geteuid() and status.st_nlink == 1:
            return descriptor
        os.close(descriptor)
        return None

    def _remove(self, name: str) -> None:
        try:
            os.unlink(name, dir_fd=self.descriptor)
        except IsADirectoryError:
            shutil.rmtree(name, dir_fd=self.descriptor)

    def copy(self, source: int, offset: int, target: TreeEntry, part: int) -> None:
        """Copy a part of an open file into its place in another."""
        descriptor = self.open(target)
        try:
            rest, place = target.part_size(part), part * PART_BYTES
            while rest > 0:
                data = os.pread(source, min(rest, _COPY_BYTES), offset)
                if not data:
                    break
                write_all(descriptor, data, place)
                rest, place, offset = rest - len(data), place + len(data), offset + len(data)
        finally:
            os.close(descriptor)

    def digest(self, entry: TreeEntry, part: int) -> str:
        descriptor = self.open(entry)
        try:
            return digest_of(descriptor, part * PART_BYTES, entry.part_size(part))
        finally:
            os.close(descriptor)

    def install_whole(self, entry: TreeEntry, data: bytes | memoryview, keeps_owner: bool) -> os.stat_result:
        """Write a small file at once, and give it its name. Return its status."""
        descriptor = self._new(WHOLE_NAME)
        try:
            if data == _NOTHING[: len(data)]:
                os.ftruncate(descriptor, entry.size)
            else:
                write_all(descriptor, data, 0)
            if keeps_owner:
                os.fchown(descriptor, entry.uid, entry.gid)
            os.fchmod(descriptor, mode_of(entry.mode, keeps_owner))
            os.utime(descriptor, ns=(entry.mtime, entry.mtime))
            directory, name = self._root.parent(entry.path)
            os.rename(WHOLE_NAME, name, src_dir_fd=self.descriptor, dst_dir_fd=directory)
            # Of what was written, even if the name is that of something else by now.
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def _new(self, name: str) -> int:
        """Make a file; what has the name gives way."""
        try:
            return os.open(name, _NEW_FILE, 0o600, dir_fd=self.descriptor)
        except FileExistsError:
            self._remove(name)
        return os.open(name, _NEW_FILE, 0o600, dir_fd=self.descriptor)

    def install(self, entry: TreeEntry, keeps_owner: bool, opened: int | None = None) -> os.stat_result:
        """Give a whole file, which may be open, its size, mode, time and, in one step, its name. Return its status."""
        descriptor = self.open(entry) if opened is None else opened
        try:
            os.ftruncate(descriptor, entry.size)
            if keeps_owner:
                os.fchown(descriptor, entry.uid, entry.gid)
            os.fchmod(descriptor, mode_of(entry.mode, keeps_owner))
            os.utime(descriptor, ns=(entry.mtime, entry.mtime))
            directory, name = self._root.parent(entry.path)
            os.rename(staged_name(entry), name, src_dir_fd=self.descriptor, dst_dir_fd=directory)
            # Of what was written, even if the name is that of something else by now.
            return os.fstat(descriptor)
        finally:
            if opened is None:
                os.close(descriptor)

    def close(self) -> None:
        """Keep only what a next run can use: files of which a part may be whole."""
        if self._fd is None:
            return
        with contextlib.suppress(OSError):
            for name in _names_in(self._fd):
                if os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_size < PART_BYTES:
                    os.unlink(name, dir_fd=self._fd)
            os.rmdir(_NAME, dir_fd=self._root.directory(""))
        os.close(self._fd)
        self._fd = None


def _names_in(descriptor: int) -> list[str]:
    return os.listdir(descriptor)


def staged_name(entry: TreeEntry) -> str:
    content = "".join(entry.digests)
    return hashlib.sha256(f"{content}/{entry.path}".encode("utf-8", "surrogateescape")).hexdigest()[:40]


def write_all(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
