# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The receiving directory: carries out a plan, part by part as they are received."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence

from ..base.errors import ClusterError
from ..relay.frames import Piece
from .contents import Work
from .differences import TreePlan
from .entries import DIRECTORY, PART_BYTES, TreeEntry, mode_of, shown
from .memory import DigestMemory, key_of
from .pages import OWN_ROW, ROW
from .progress import Progress
from .root import TreeRoot
from .staging import TreeStaging, write_all
from .store import PageStore, Place

_NOTHING = bytes(1024**2)
_REMEMBERED_TOGETHER = 512


class TreeSink:
    """``source`` has the pages of the source that differ, ``here`` those of this directory."""

    def __init__(
        self,
        root: TreeRoot,
        staging: TreeStaging,
        source: PageStore,
        here: PageStore,
        plan: TreePlan,
        owner: bool,
        memory: DigestMemory | None = None,
    ) -> None:
        """With a ``memory`` the digests of what is written are kept in it."""
        self._root = root
        self._staging = staging
        self._source = source
        self._here = here
        self._plan = plan
        self._contents = plan.contents
        self._keeps_owner = owner
        self._memory = memory
        self._missing: dict[Place, int] = {}  # parts, of large files of which some came
        self._written: list[tuple[bytes, bytes]] = []  # their keys and digests, to be remembered
        self._item, self._place = -1, (0, 0)
        self._entry: TreeEntry | None = None
        self._descriptor: int | None = None
        self._offset = 0
        self._is_new = False

    def start(self, progress: Progress) -> None:
        """Do what needs no data from another host, and has to be done before any is received."""
        self._staging.start(work.entry for work in self._plan.files)
        for work in self._contents.copied():
            self._copy_local(work, progress)
        for path in self._plan.clear:
            self._remove(path, with_all=True)
        self._root.forget()
        for entry in self._plan.directories:
            with self._root.naming(entry.path, "made"):
                self._make_directory(entry)
        for entry in self._contents.ready():
            self._install(entry)

    def take_whole(self, pieces: Sequence[Piece]) -> None:
        """Write small items, each in one go. Most of them are whole files, which get their names at once."""
        for piece in pieces:
            items = (piece.item, *self._contents.same_as(piece.item))
            entries = [self._source.part_of(item)[0] for item in items]
            if any(entry.parts > 1 for entry in entries):
                self.begin(piece.item, piece.size)
                self.write(piece.data)
                self.end()
                continue
            for entry in entries:
                try:
                    status = self._staging.install_whole(entry, piece.data, self._keeps_owner)
                except OSError as error:
                    with self._root.naming(entry.path, "written"):
                        raise error
                self._note_written(entry, status)

    def begin(self, item: int, size: int) -> None:
        place = self._source.place_of(item)
        entry, part = self._source.entry(place), item - self._source.first_item(place)
        with self._root.naming(entry.path, "written"):
            self._descriptor = self._staging.open(entry)
            self._item, self._place, self._entry, self._offset = item, place, entry, part * PART_BYTES
            self._is_new = os.fstat(self._descriptor).st_size <= self._offset

    def write(self, data: bytes | memoryview) -> None:
        """Write the data; leave zeros out where the file was empty."""
        if self._descriptor is None or self._entry is None:
            return
        if not (self._is_new and data == _NOTHING[: len(data)]):
            with self._root.naming(self._entry.path, "written"):
                write_all(self._descriptor, data, self._offset)
        self._offset += len(data)

    def end(self) -> None:
        if self._descriptor is None or self._entry is None:
            return
        if self._entry.parts > 1:
            with self._root.naming(self._entry.path, "written"):
                os.ftruncate(self._descriptor, max(os.fstat(self._descriptor).st_size, self._offset))
        first = self._item - self._source.first_item(self._place)
        same = [self._source.place_of(item) for item in self._contents.same_as(self._item)]
        for item, place in zip(self._contents.same_as(self._item), same, strict=True):
            entry, part = self._source.entry(place), item - self._source.first_item(place)
            with self._root.naming(entry.path, "written"):
                self._staging.copy(self._descriptor, first * PART_BYTES, entry, part)
        try:
            if self._is_whole_with(self._place, self._entry):
                self._install(self._entry, self._descriptor)
            for place in same:
                entry = self._source.entry(place)
                if self._is_whole_with(place, entry):
                    self._install(entry)
        finally:
            self.abort()

    def _is_whole_with(self, place: Place, entry: TreeEntry) -> bool:
        """Count a part of a file that came, and return whether it was the last that the file lacked."""
        if entry.parts == 1:
            return True
        if place not in self._missing:
            self._missing[place] = self._contents.lacking_parts(place)
        self._missing[place] -= 1
        return not self._missing[place] and self._missing.pop(place) == 0

    def abort(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def finish(self) -> None:
        for entry in self._plan.links:
            with self._root.naming(entry.path, "made"):
                self._make_link(entry)
        for entry in reversed(self._plan.deletes):
            self._remove(entry.path, with_all=False)
        self._staging.close()
        for entry in self._plan.settings:
            if entry.kind != DIRECTORY:
                self._set(entry)
        self._set_directories()
        self._remember()

    def _set_directories(self) -> None:
        """Give all directories their modes and times, which what is in them has changed meanwhile."""
        same = frozenset(self._source.digests)
        unchanged = [number for number in self._here.numbers() if self._here.digests[number] in same]
        for store, numbers in ((self._here, unchanged), (self._source, list(self._source.numbers()))):
            for number in reversed(numbers):
                for _place, entry in reversed(list(store.walk([number]))):
                    if entry.kind == DIRECTORY:
                        self._set(entry)

    def _remember(self) -> None:
        if self._memory:
            self._memory.add(self._written)
            self._memory.store()
            self._memory = None

    def close(self) -> None:
        self.abort()
        self._staging.close()
        self._remember()

    def _copy_local(self, work: Work, progress: Progress) -> None:
        for part, (held, held_part) in work.local:
            with self._root.naming(work.entry.path, "written"):
                source = self._root.open_file(held.path)
                try:
                    self._staging.copy(source, held_part * PART_BYTES, work.entry, part)
                finally:
                    os.close(source)
                if self._staging.digest(work.entry, part) != work.entry.digests[part]:
                    raise ClusterError(f"{shown(held.path)} in {self._root.name} has changed while it was copied.")
                progress.bytes_copied += work.entry.part_size(part)

    def _install(self, entry: TreeEntry, descriptor: int | None = None) -> None:
        with self._root.naming(entry.path, "written"):
            status = self._staging.install(entry, self._keeps_owner, descriptor)
        self._note_written(entry, status)

    def _note_written(self, entry: TreeEntry, status: os.stat_result) -> None:
        if self._memory and entry.size:
            own_row = OWN_ROW.pack(status.st_ctime_ns, status.st_dev, status.st_ino, status.st_nlink)
            row = ROW.pack(0, 0, 0, status.st_mtime_ns, status.st_size)
            key = key_of(os.fsencode(entry.path), row, own_row)
            self._written.append((key, bytes.fromhex("".join(entry.digests))))
            if len(self._written) >= _REMEMBERED_TOGETHER:
                self._memory.add(self._written)
                self._written = []

    def _make_directory(self, entry: TreeEntry) -> None:
        if entry.path:
            directory, name = self._root.parent(entry.path)
            os.mkdir(name, 0o700, dir_fd=directory)

    def _make_link(self, entry: TreeEntry) -> None:
        """Make it under another name first, so that it replaces what has the name in one step."""
        directory, name = self._root.parent(entry.path)
        staging = self._staging.descriptor
        with contextlib.suppress(FileNotFoundError):
            os.unlink("link", dir_fd=staging)
        os.symlink(entry.link, "link", dir_fd=staging)
        if self._keeps_owner:
            os.chown("link", entry.uid, entry.gid, dir_fd=staging, follow_symlinks=False)
        os.rename("link", name, src_dir_fd=staging, dst_dir_fd=directory)

    def _remove(self, path: str, with_all: bool) -> None:
        with self._root.naming(path, "deleted"):
            directory, name = self._root.parent(path)
            try:
                os.unlink(name, dir_fd=directory)
            except IsADirectoryError:
                if with_all:
                    shutil.rmtree(name, dir_fd=directory)
                else:
                    self._root.forget()
                    os.rmdir(name, dir_fd=self._root.parent(path)[0])

    def _set(self, entry: TreeEntry) -> None:
        """Set mode, owner and time of what exists; it is opened first, so that no later link is followed."""
        with self._root.naming(entry.path, "given its mode and time"):
            if entry.kind == DIRECTORY:
                self._set_open(self._root.directory(entry.path), entry)
                return
            descriptor = self._root.open_file(entry.path)
            try:
                self._set_open(descriptor, entry)
            finally:
                os.close(descriptor)

    def _set_open(self, descriptor: int, entry: TreeEntry) -> None:
        if self._keeps_owner:
            os.fchown(descriptor, entry.uid, entry.gid)
        os.fchmod(descriptor, mode_of(entry.mode, self._keeps_owner))
        os.utime(descriptor, ns=(entry.mtime, entry.mtime))
