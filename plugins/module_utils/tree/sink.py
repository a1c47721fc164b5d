# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The receiving directory: carries out a plan, part by part as they are received."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence

from ..base.errors import ClusterError
from .differences import TreePlan, Work, mode_of
from .entries import DIRECTORY, PART_BYTES, Items, TreeEntry, shown
from .root import TreeRoot
from .staging import TreeStaging, write_all

_NOTHING = bytes(1024**2)


class TreeSink:
    """``entries`` are those of the source; the modes and times of directories are set last."""

    def __init__(
        self,
        root: TreeRoot,
        staging: TreeStaging,
        entries: Sequence[TreeEntry],
        plan: TreePlan,
        items: Items,
        owner: bool,
    ) -> None:
        self._root = root
        self._staging = staging
        self._entries = entries
        self._plan = plan
        self._keeps_owner = owner
        self._missing = {work.entry.path: len(work.lacking) for work in plan.files}
        self._places: dict[int, list[tuple[TreeEntry, int]]] = {}
        for work in plan.files:
            for part in work.lacking:
                self._places.setdefault(items.numbers[work.entry.digests[part]], []).append((work.entry, part))
        self._item = -1
        self._descriptor: int | None = None
        self._offset = 0
        self._is_new = False

    def start(self, busy: Callable[[], None]) -> None:
        """Do what needs no data from another host, and has to be done before any is received."""
        self._staging.start([work.entry for work in self._plan.files])
        for work in self._plan.files:
            self._copy_local(work, busy)
        for path in self._plan.clear:
            self._remove(path, with_all=True)
        self._root.forget()
        for entry in self._plan.directories:
            with self._root.naming(entry.path, "made"):
                self._make_directory(entry)
        for work in self._plan.files:
            if not work.lacking:
                self._install(work.entry)

    def begin(self, item: int, size: int) -> None:
        entry, part = self._places[item][0]
        with self._root.naming(entry.path, "written"):
            self._descriptor = self._staging.open(entry)
            self._item, self._offset = item, part * PART_BYTES
            self._is_new = os.fstat(self._descriptor).st_size <= self._offset

    def write(self, data: bytes | memoryview) -> None:
        """Write the data; leave zeros out where the file was empty."""
        if self._descriptor is None:
            return
        if not (self._is_new and data == _NOTHING[: len(data)]):
            with self._root.naming(self._places[self._item][0][0].path, "written"):
                write_all(self._descriptor, data, self._offset)
        self._offset += len(data)

    def end(self) -> None:
        if self._descriptor is None:
            return
        first, part = self._places[self._item][0]
        with self._root.naming(first.path, "written"):
            os.ftruncate(self._descriptor, max(os.fstat(self._descriptor).st_size, self._offset))
        for entry, other in self._places[self._item][1:]:
            with self._root.naming(entry.path, "written"):
                self._staging.copy(self._descriptor, part * PART_BYTES, entry, other)
        try:
            for entry, _part in self._places[self._item]:
                self._missing[entry.path] -= 1
                if not self._missing[entry.path]:
                    self._install(entry, self._descriptor if entry is first else None)
        finally:
            self.abort()

    def abort(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def finish(self) -> None:
        for entry in self._plan.links:
            with self._root.naming(entry.path, "made"):
                self._make_link(entry)
        for path in self._plan.deletes:
            self._remove(path, with_all=False)
        self._staging.close()
        for entry in self._plan.settings:
            if entry.kind != DIRECTORY:
                self._set(entry)
        for entry in reversed(self._entries):
            if entry.kind == DIRECTORY:
                self._set(entry)

    def close(self) -> None:
        self.abort()
        self._staging.close()

    def _copy_local(self, work: Work, busy: Callable[[], None]) -> None:
        for part, (held, held_part) in work.local:
            busy()
            with self._root.naming(work.entry.path, "written"):
                source = self._root.open_file(held.path)
                try:
                    self._staging.copy(source, held_part * PART_BYTES, work.entry, part)
                finally:
                    os.close(source)
                if self._staging.digest(work.entry, part) != work.entry.digests[part]:
                    raise ClusterError(f"{shown(held.path)} in {self._root.name} has changed while it was copied.")

    def _install(self, entry: TreeEntry, descriptor: int | None = None) -> None:
        with self._root.naming(entry.path, "written"):
            self._staging.install(entry, self._keeps_owner, descriptor)

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
        os.fchmod(descriptor, mode_of(entry, self._keeps_owner))
        os.utime(descriptor, ns=(entry.mtime, entry.mtime))
