# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The digests of files: computed, or remembered where a file has not changed since it was last read."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..base.errors import ClusterError
from .entries import PART_BYTES, TreeEntry, shown
from .root import TreeRoot, identity_of

MEMORY_DIRECTORY = "/var/lib/distrain/trees"
_READ_BYTES = 1024**2
_THREADS = 4
# A later change may not be on the disk yet, or may have the same time as one after the reading.
_SETTLED_SECONDS = 60
_BUSY_SECONDS = 10.0


class TreeReader:
    """Reads the files of one directory. ``busy`` is called from time to time."""

    def __init__(self, root: TreeRoot, busy: Callable[[], None], memory: DigestMemory | None = None) -> None:
        self._root = root
        self._busy = busy
        self._memory = memory
        self._told_at = time.monotonic()

    def with_digests(self, entries: Iterable[TreeEntry]) -> list[TreeEntry]:
        """Return the entries with their digests; raise ClusterError where a file changes while it is read."""
        known = self._memory.load() if self._memory else {}
        read = [dataclasses.replace(one, digests=self._digests(one, known)) for one in entries]
        if self._memory:
            self._memory.store(read)
        return read

    def _digests(self, entry: TreeEntry, known: dict[str, tuple[tuple[int, ...], tuple[str, ...]]]) -> tuple[str, ...]:
        if not entry.size:
            return ()
        remembered = known.get(entry.path)
        if remembered and remembered[0] == entry.identity:
            return remembered[1]
        with self._root.naming(entry.path, "read"):
            descriptor = self._root.open_file(entry.path)
        try:
            refuse_change(descriptor, entry, self._root.name)
            with self._root.naming(entry.path, "read"):
                digests = self._read(descriptor, entry)
            refuse_change(descriptor, entry, self._root.name)
        finally:
            os.close(descriptor)
        return digests

    def _read(self, descriptor: int, entry: TreeEntry) -> tuple[str, ...]:
        parts = [(descriptor, part * PART_BYTES, entry.part_size(part)) for part in range(entry.parts)]
        if len(parts) == 1:
            return (self._digest(*parts[0]),)
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            return tuple(pool.map(lambda place: self._digest(*place), parts))

    def _digest(self, descriptor: int, offset: int, size: int) -> str:
        digest = digest_of(descriptor, offset, size)
        if time.monotonic() - self._told_at > _BUSY_SECONDS:
            self._told_at = time.monotonic()
            self._busy()
        return digest


class DigestMemory:
    """The digests of a directory for the next run, in a file that only root can write; it may go at any time."""

    def __init__(self, path: str, directory: str = MEMORY_DIRECTORY) -> None:
        self._directory = Path(directory)
        self._file = self._directory / f"{hashlib.sha256(path.encode(errors='surrogateescape')).hexdigest()[:32]}.json"

    def load(self) -> dict[str, tuple[tuple[int, ...], tuple[str, ...]]]:
        with contextlib.suppress(OSError, ValueError, TypeError):
            if self._file.stat().st_uid == os.geteuid():
                rows = json.loads(self._file.read_text())
                return {path: (tuple(identity), tuple(digests)) for path, identity, digests in rows}
        return {}

    def store(self, entries: Iterable[TreeEntry]) -> None:
        settled = (time.time() - _SETTLED_SECONDS) * 1e9
        rows = [(one.path, one.identity, one.digests) for one in entries if one.identity[-1] < settled]
        with contextlib.suppress(OSError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._file.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(rows, separators=(",", ":")))
            new.replace(self._file)


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
        raise ClusterError(
            f"{shown(entry.path)} in {directory} has changed while it was read. Run it again when nobody writes there."
        )
