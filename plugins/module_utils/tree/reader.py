# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The digests of files: computed, or remembered where a file has not changed since it was last read."""

from __future__ import annotations

import concurrent.futures
import hashlib
import itertools
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator

from ..base.errors import ClusterError
from ..relay.frames import SMALL_BYTES
from .entries import FILE, PART_BYTES, TreeEntry, shown
from .memory import DigestMemory
from .pages import DIGEST_BYTES, OpenPage, Page
from .progress import Progress
from .root import TreeRoot, identity_of

_READ_BYTES = 1024**2
_THREADS = 4
# What one thread reads before it takes the next: enough that to hand it over counts for little.
_BATCH_FILES = 32
# Where one file of so many had to be waited for, several threads read: they wait for the disk at the same time. Files
# that are in memory are read by one, since several would only wait for each other.
_WAITED_OF = 8
# A later change may not be on the disk yet, or may have the same time as one after the reading.
_SETTLED_SECONDS = 60

# The place of the entry in its page, the entry, and which part of it.
_Place = tuple[int, TreeEntry, int]


class TreeReader:
    """Fills in the digests of pages. Several threads read, each through the directory's own descriptors."""

    def __init__(self, root: TreeRoot, progress: Progress, memory: DigestMemory, remembers: bool) -> None:
        """Without ``remembers`` what is known is used, and nothing is kept."""
        self._root = root
        self._progress = progress
        self._memory = memory
        self._remembers = remembers
        self._own = threading.local()
        self._roots: list[TreeRoot] = []
        self._pool = concurrent.futures.ThreadPoolExecutor(_THREADS)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for root in self._roots:
            root.close()

    def recall(self, page: Page) -> bool:
        """Fill in what is remembered, and return whether that is all of it."""
        return self._memory.recall(page) or (page.is_read and self._remember(page, {}))

    def read(self, page: Page, is_wanted: Callable[[TreeEntry], bool] = lambda _entry: True) -> None:
        """Read what C(recall) did not know of the wanted files; raise ClusterError where a file changes meanwhile."""
        unread = {
            index: entry
            for index, entry in enumerate(OpenPage(page))
            if entry.kind == FILE and entry.size and not entry.digests and is_wanted(entry)
        }
        if unread:
            self._fill(page, unread)
        self._remember(page, unread)

    def store(self) -> None:
        if self._remembers:
            self._memory.store()

    def _remember(self, page: Page, read: dict[int, TreeEntry]) -> bool:
        settled = (time.time() - _SETTLED_SECONDS) * 1e9
        self._memory.remember(page, {index for index, entry in read.items() if entry.identity[-1] >= settled})
        return True

    def _fill(self, page: Page, unread: dict[int, TreeEntry]) -> None:
        before = OpenPage(page).parts_before
        digests = bytearray(page.digests)
        for batch, found in self._in_order(_batches(unread)):
            for (index, _entry, part), digest in zip(batch, found, strict=True):
                at = (before[index] + part) * DIGEST_BYTES
                digests[at : at + DIGEST_BYTES] = digest
        page.digests = bytes(digests)

    def _in_order(self, batches: Iterator[list[_Place]]) -> Iterator[tuple[list[_Place], list[bytes]]]:
        """Yield each batch with its digests: read here as long as that is quick, then by the threads."""
        for batch in batches:
            if len(batch) < _BATCH_FILES:
                yield from _in_order(self._pool, self._digests_of, itertools.chain([batch], batches))
                return
            before = _times_waited()
            yield batch, self._digests_of(batch)
            if _times_waited() - before > len(batch) // _WAITED_OF:
                yield from _in_order(self._pool, self._digests_of, batches)

    def _digests_of(self, batch: list[_Place]) -> list[bytes]:
        if not hasattr(self._own, "root"):
            self._own.root = self._root.again()
            self._roots.append(self._own.root)
        return [self._digest(self._own.root, entry, part) for _index, entry, part in batch]

    def _digest(self, root: TreeRoot, entry: TreeEntry, part: int) -> bytes:
        size = entry.part_size(part)
        with root.naming(entry.path, "read"):
            descriptor = root.open_file(entry.path)
            try:
                if size > SMALL_BYTES:
                    refuse_change(descriptor, entry, root.name)
                digest = digest_of(descriptor, part * PART_BYTES, size)
                # Whatever was there in between: the file that was opened is the one that was listed.
                refuse_change(descriptor, entry, root.name)
            finally:
                os.close(descriptor)
        self._progress.bytes_read += size
        self._progress.files_read += not part
        return bytes.fromhex(digest)


def _times_waited() -> int:
    """Return how often this thread has given the core away to wait for something, such as the disk."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def _batches(unread: dict[int, TreeEntry]) -> Iterator[list[_Place]]:
    """Yield large parts one by one, and small files several at a time."""
    batch: list[_Place] = []
    size = 0
    for index, entry in unread.items():
        for part in range(entry.parts):
            batch.append((index, entry, part))
            size += entry.part_size(part)
            if size >= _READ_BYTES or len(batch) >= _BATCH_FILES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _in_order(
    pool: concurrent.futures.Executor,
    work: Callable[[list[_Place]], list[bytes]],
    batches: Iterator[list[_Place]],
) -> Iterator[tuple[list[_Place], list[bytes]]]:
    """Yield each batch with its result, with a few of them under way."""
    waiting: list[tuple[list[_Place], concurrent.futures.Future[list[bytes]]]] = []
    for batch in batches:
        waiting.append((batch, pool.submit(work, batch)))
        if len(waiting) > 2 * _THREADS:
            first, future = waiting.pop(0)
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()


def read_small(root: TreeRoot, entry: TreeEntry, part: int) -> bytes:
    """Return a part of a file that one read gives; raise ClusterError where the file has changed."""
    descriptor = root.open_file(entry.path)
    try:
        data = os.pread(descriptor, entry.part_size(part), part * PART_BYTES)
        refuse_change(descriptor, entry, root.name)
    finally:
        os.close(descriptor)
    if len(data) != entry.part_size(part):
        raise _changed(entry, root.name)
    return data


def digest_of(descriptor: int, offset: int, size: int) -> str:
    """Return the digest of a part of a file; where the file is shorter it is another one."""
    found = hashlib.sha256()
    while size > 0:
        data = os.pread(descriptor, min(size, _READ_BYTES), offset)
        if not data:
            break
        found.update(data)
        offset += len(data)
        size -= len(data)
    return found.hexdigest()


def refuse_change(descriptor: int, entry: TreeEntry, directory: str) -> None:
    if identity_of(os.fstat(descriptor)) != entry.identity:
        raise _changed(entry, directory)


def _changed(entry: TreeEntry, directory: str) -> ClusterError:
    return ClusterError(
        f"{shown(entry.path)} in {directory} has changed while it was read. Run it again when nobody writes there."
    )
