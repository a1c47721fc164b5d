# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of the files of a directory, as the relay reads them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator, Mapping
from typing import IO, cast

from ..base.errors import ClusterError
from ..base.system_error import described
from ..relay.frames import Piece, WholeItems
from ..relay.items import ItemRanges
from .entries import PART_BYTES, TreeEntry, shown
from .reader import read_small, refuse_change
from .root import TreeRoot
from .store import PageStore


class ItemDigests(Mapping[int, str]):
    """The SHA-256 of items, in hex, each read where the list of files has it."""

    def __init__(self, store: PageStore, items: ItemRanges) -> None:
        self._store = store
        self._items = items

    def __getitem__(self, item: int) -> str:
        return self._store.digest_of(item).hex()

    def __iter__(self) -> Iterator[int]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


class TreeSource:
    """The parts of the files of a directory that nobody writes to."""

    def __init__(self, root: TreeRoot, store: PageStore) -> None:
        self._root = root
        self._store = store
        # Hosts are answered by threads of their own, and a root is for one.
        self._own = threading.local()

    def open_item(self, item: int, timeout: float) -> tuple[int, IO[bytes]] | None:
        entry, part = self._store.part_of(item)
        root = self._root_of_thread()
        with root.naming(entry.path, "read"):
            # A directory on the way may have been exchanged meanwhile: that is noticed by the file's identity.
            descriptor = root.open_file(entry.path)
        opened = FilePart(descriptor, entry, part, self._root.name)
        return entry.part_size(part), cast("IO[bytes]", opened)

    def small_items(self, items: Iterator[int]) -> list[Piece]:
        """Return the first of these items, whole, as many as go into one frame; none where the first is not small."""
        root, found = self._root_of_thread(), WholeItems()
        path = ""
        try:
            for item in items:
                entry, part = self._store.part_of(item)
                path, size = entry.path, entry.part_size(part)
                if not found.has_room_for(size):
                    break
                found.add(Piece(item, size, 0, read_small(root, entry, part)))
        except OSError as error:
            with root.naming(path, "read"):
                raise error
        return found.pieces

    def _root_of_thread(self) -> TreeRoot:
        if not hasattr(self._own, "root"):
            self._own.root = self._root.again()
            weakref.finalize(threading.current_thread(), self._own.root.close)
        root: TreeRoot = self._own.root
        return root


class FilePart:
    """A part of a file as a file object; its last byte is given out only where the file has not changed."""

    def __init__(self, descriptor: int, entry: TreeEntry, part: int, directory: str) -> None:
        self._descriptor = descriptor
        self._entry = entry
        self._start = part * PART_BYTES
        self._size = entry.part_size(part)
        self._directory = directory
        self._offset = 0

    def __enter__(self) -> FilePart:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def seek(self, offset: int) -> None:
        self._offset = offset

    def read(self, count: int) -> bytes:
        try:
            data = os.pread(self._descriptor, min(count, self._size - self._offset), self._start + self._offset)
        except OSError as error:
            where = f"{shown(self._entry.path)} in {self._directory}"
            raise ClusterError(f"{where} could not be read: {described(error)}") from error
        self._offset += len(data)
        if self._offset == self._size or not data:
            refuse_change(self._descriptor, self._entry, self._directory)
        return data
