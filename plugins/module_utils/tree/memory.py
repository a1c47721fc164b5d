# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The digests of a directory's files for the next run, in a file that only root can write; it may go at any time.

A file counts as unchanged where its path, size, time of modification, time of the last change (ctime, which only the
kernel sets), device, inode and number of names are as they were.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from .pages import DIGEST_BYTES, OWN_ROW, ROW, UNREAD, OpenPage, Page

MEMORY_DIRECTORY = "/var/lib/distrain/trees"
_KIND = b"distrain digests 2\n"
# Of a page: its key, zero where a file of it is too new, how many files and parts are known. Both tables follow.
_PAGE = struct.Struct(f"!{DIGEST_BYTES}sII")
# Of a file: its key, how many parts of the page are before its own, and how many it has.
_FILE = struct.Struct("!16sII")
_KEY_BYTES = 16
# Of a row the time and the size: what is before them, mode and owner, says nothing of the content.
_TIME_IN_ROW = 12
_PREFIX_BYTES, _NUMBER_BITS = 8, 40


class DigestMemory:
    """What was remembered of the directory with this path, and what is to be."""

    def __init__(self, path: str, directory: str = MEMORY_DIRECTORY) -> None:
        self._directory = Path(directory)
        self._file = self._directory / hashlib.sha256(path.encode(errors="surrogateescape")).hexdigest()[:32]
        self._known = self._read()
        self._starts = array("Q", self._places())
        # Where the record of each page begins, by the page's key.
        self._pages = {self._known[at : at + DIGEST_BYTES]: at for at in self._starts}
        self._pages.pop(bytes(DIGEST_BYTES), None)
        self._files: list[int] | None = None
        self._records: list[bytes] = []
        self._is_changed = False

    def recall(self, page: Page) -> bool:
        """Fill in what is known of the files of a page, and return whether that is all of it."""
        if not page.digests:
            return True
        at = self._pages.get(page.key())
        if at is not None:
            _key, files, parts = _PAGE.unpack_from(self._known, at)
            start = at + _PAGE.size + files * _FILE.size
            page.digests = self._known[start : start + parts * DIGEST_BYTES]
            self._records.append(self._known[at : start + parts * DIGEST_BYTES])
            return True
        self._is_changed = True
        if self._known:
            self._recall_files(page)
        return False

    def remember(self, page: Page, unsettled: Collection[int]) -> None:
        """Remember a page that C(recall) did not know, but for the entries of these places, which may change unseen."""
        opened = OpenPage(page)
        files, has_all = [], not unsettled
        for index in _files_in(opened):
            digests = page.digests[_place_of(opened, index)]
            if index in unsettled or digests.startswith(UNREAD):
                has_all = False
            else:
                files.append((_key_in(page, opened, index), digests))
        self.add(files, page.key() if has_all else bytes(DIGEST_BYTES))

    def add(self, files: Iterable[tuple[bytes, bytes]], page_key: bytes = bytes(DIGEST_BYTES)) -> None:
        """Remember files by their keys, as C(key_of) gives them, and their digests."""
        table, known = [], []
        parts = 0
        for key, digests in files:
            table.append(_FILE.pack(key, parts, len(digests) // DIGEST_BYTES))
            known.append(digests)
            parts += len(digests) // DIGEST_BYTES
        if table:
            self._is_changed = True
            self._records.append(_PAGE.pack(page_key, len(table), parts) + b"".join((*table, *known)))

    def store(self) -> None:
        """Replace what was remembered; no-op where nothing has changed, or where it cannot be written."""
        if not self._is_changed and len(self._records) == len(self._starts):
            return
        with contextlib.suppress(OSError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._file.with_suffix(f".{os.getpid()}")
            with new.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(_KIND)
                file.writelines(self._records)
            new.replace(self._file)
            # As an earlier version kept them.
            self._file.with_suffix(".json").unlink(missing_ok=True)

    def _read(self) -> bytes:
        """Return what is in the file, nothing where it is none of ours."""
        with contextlib.suppress(OSError), self._file.open("rb") as file:
            if os.fstat(file.fileno()).st_uid == os.geteuid():
                known = file.read()
                return known if known.startswith(_KIND) else b""
        return b""

    def _places(self) -> Iterator[int]:
        """Yield where each record begins; what is cut off at the end is none."""
        at = len(_KIND)
        while at + _PAGE.size <= len(self._known):
            _key, files, parts = _PAGE.unpack_from(self._known, at)
            end = at + _PAGE.size + files * _FILE.size + parts * DIGEST_BYTES
            if end > len(self._known):
                return
            yield at
            at = end

    def _recall_files(self, page: Page) -> None:
        opened = OpenPage(page)
        digests = bytearray(page.digests)
        for index in _files_in(opened):
            place, found = _place_of(opened, index), self._digests_of(_key_in(page, opened, index))
            if len(found) == place.stop - place.start:
                digests[place] = found
        page.digests = bytes(digests)

    def _digests_of(self, key: bytes) -> bytes:
        """Return the digests of a file, nothing where it is not known."""
        if self._files is None:
            self._files = sorted(self._numbered())
        prefix = int.from_bytes(key[:_PREFIX_BYTES], "big")
        place = bisect_left(self._files, prefix << _NUMBER_BITS)
        while place < len(self._files) and self._files[place] >> _NUMBER_BITS == prefix:
            entry = self._files[place] & ((1 << _NUMBER_BITS) - 1)
            if self._known[entry : entry + _KEY_BYTES] == key:
                return self._digests_at(entry)
            place += 1
        return b""

    def _digests_at(self, entry: int) -> bytes:
        at = self._starts[bisect_right(self._starts, entry) - 1]
        _page_key, files, _parts = _PAGE.unpack_from(self._known, at)
        _key, first, count = _FILE.unpack_from(self._known, entry)
        start = at + _PAGE.size + files * _FILE.size + first * DIGEST_BYTES
        return self._known[start : start + count * DIGEST_BYTES]

    def _numbered(self) -> Iterator[int]:
        """Yield for each file the first bytes of its key, and where its entry is, as one number."""
        for at in self._starts:
            _page_key, files, _parts = _PAGE.unpack_from(self._known, at)
            for entry in range(at + _PAGE.size, at + _PAGE.size + files * _FILE.size, _FILE.size):
                prefix = int.from_bytes(self._known[entry : entry + _PREFIX_BYTES], "big")
                yield prefix << _NUMBER_BITS | entry


def key_of(path: bytes, row: bytes, own_row: bytes) -> bytes:
    """Return what a file is known by as long as it does not change: ``row`` is C(ROW), ``own_row`` C(OWN_ROW)."""
    return hashlib.sha256(row[_TIME_IN_ROW:] + own_row + path).digest()[:_KEY_BYTES]


def _key_in(page: Page, opened: OpenPage, index: int) -> bytes:
    row = page.rows[index * ROW.size : (index + 1) * ROW.size]
    own_row = page.own_rows[index * OWN_ROW.size : (index + 1) * OWN_ROW.size]
    return key_of(opened.paths[index], row, own_row)


def _files_in(opened: OpenPage) -> Iterator[int]:
    """Yield the places of the files that have any content."""
    return (at for at in range(len(opened)) if opened.parts_before[at] != opened.parts_before[at + 1])


def _place_of(opened: OpenPage, index: int) -> slice:
    return slice(opened.parts_before[index] * DIGEST_BYTES, opened.parts_before[index + 1] * DIGEST_BYTES)
