# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a directory holds, in pages of some hundreds of entries: columns of bytes, which take little memory.

The entries come in one order: by the components of their paths, a directory before what it holds. Where a page ends
depends on the paths alone, so that two hosts with the same files have the same pages, and one file that is new changes
one page. Pages with the same digest need not be sent.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..base.errors import ClusterError
from .entries import DIRECTORY, FILE, LINK, OTHER, OWN_NAMES, PART_BYTES, TreeEntry, mode_of, shown

DIGEST_BYTES = 32
# In the place of a digest of what was not read. No content has it.
UNREAD = bytes(DIGEST_BYTES)
# A page ends at one path of so many, and in any case after so many.
_MEAN_ENTRIES = 512
_MOST_ENTRIES = 4096
# Mode, owner, group, time of modification in nanoseconds, size: what hosts compare.
ROW = struct.Struct("!IIIqQ")
# Of a file the time of its last change in nanoseconds, device, inode, number of names: what shows on its own host that
# it has not changed.
OWN_ROW = struct.Struct("=qQQI")
_NO_FILE = OWN_ROW.pack(0, 0, 0, 1)
_LENGTHS = struct.Struct("!IIII")
_KINDS = {stat.S_IFDIR: DIRECTORY, stat.S_IFREG: FILE, stat.S_IFLNK: LINK}
LINK_MODE = stat.S_IFLNK | 0o777
_ANY_TYPE, _ANY_MODE = 0o170000, 0o7777


@dataclass(slots=True)
class Page:
    """``paths`` and ``links``, the targets of the symbolic links among them, are joined by zero bytes.

    ``digests`` has those of all parts of its files. ``own_rows`` is empty where the page is that of another host.
    """

    rows: bytes
    own_rows: bytes
    paths: bytes
    links: bytes
    digests: bytes = b""

    def __len__(self) -> int:
        return len(self.rows) // ROW.size

    @property
    def is_read(self) -> bool:
        """Whether the content of all files is known."""
        return UNREAD not in self.digests or UNREAD not in _each(self.digests)

    def digest(self) -> bytes:
        """Return the digest of all that hosts compare."""
        return _digest(self.rows, self.paths, self.links, self.digests)

    def key(self) -> bytes:
        """Return the digest of all that shows on this host that no file of the page has changed."""
        return _digest(self.rows, self.own_rows, self.paths, self.links)

    def pack(self) -> str:
        columns = (self.rows, self.paths, self.links, self.digests)
        text = _LENGTHS.pack(*map(len, columns)) + b"".join(columns)
        return base64.b64encode(zlib.compress(text, 1)).decode()


class OpenPage:
    """The entries of a page, each made when it is asked for."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.paths = page.paths.split(b"\0")
        self._links: dict[int, bytes] = {}
        # Up to each entry, how many parts there are before it.
        self.parts_before = [0]
        links = iter(page.links.split(b"\0"))
        for index, (mode, _uid, _gid, _mtime, size) in enumerate(ROW.iter_unpack(page.rows)):
            kind = stat.S_IFMT(mode)
            parts = -(-size // PART_BYTES) if kind == stat.S_IFREG else 0
            self.parts_before.append(self.parts_before[-1] + parts)
            if kind == stat.S_IFLNK:
                self._links[index] = next(links)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[TreeEntry]:
        return map(self.entry, range(len(self)))

    def entry(self, index: int) -> TreeEntry:
        mode, uid, gid, mtime, size = ROW.unpack_from(self._page.rows, index * ROW.size)
        links = 1
        identity: tuple[int, ...] = ()
        if self._page.own_rows:
            ctime, device, inode, links = OWN_ROW.unpack_from(self._page.own_rows, index * OWN_ROW.size)
            identity = (device, inode, size, mtime, ctime)
        return TreeEntry(
            path=os.fsdecode(self.paths[index]),
            kind=_KINDS.get(stat.S_IFMT(mode), OTHER),
            mode=stat.S_IMODE(mode),
            mtime=mtime,
            uid=uid,
            gid=gid,
            size=size,
            link=os.fsdecode(self._links[index]) if index in self._links else "",
            digests=self._digests(index),
            links=links,
            identity=identity,
        )

    def size(self, index: int) -> int:
        """Return the bytes of an entry, 0 of what is no file."""
        size: int = ROW.unpack_from(self._page.rows, index * ROW.size)[-1]
        return size

    def _digests(self, index: int) -> tuple[str, ...]:
        """Return the digests of an entry, none where it was not read."""
        start, end = self.parts_before[index] * DIGEST_BYTES, self.parts_before[index + 1] * DIGEST_BYTES
        found = self._page.digests[start:end]
        if found.startswith(UNREAD):
            return ()
        return (found.hex(),) if len(found) == DIGEST_BYTES else tuple(one.hex() for one in _each(found))


class PageBuilder:
    """Takes the entries in their order, and says where a page ends. Digests are not known yet."""

    def __init__(self, keeps_owner: bool) -> None:
        """Without ``keeps_owner`` what hosts do not compare then is left out: owners, setuid and setgid."""
        self._keeps_owner = keeps_owner
        self._mask = _ANY_TYPE | mode_of(_ANY_MODE, keeps_owner)
        self._start()

    def _start(self) -> None:
        self._rows: list[bytes] = []
        self._own_rows: list[bytes] = []
        self._paths: list[bytes] = []
        self._links: list[bytes] = []
        self._parts = 0

    def add(self, path: bytes, status: os.stat_result, link: bytes = b"") -> bool:
        """Add an entry, and return whether the page ends with it."""
        mode, size = status.st_mode & self._mask, 0
        uid, gid = (status.st_uid, status.st_gid) if self._keeps_owner else (0, 0)
        mtime, own_row = status.st_mtime_ns, _NO_FILE
        kind = mode & _ANY_TYPE
        if kind == stat.S_IFREG:
            size = status.st_size
            self._parts += -(-size // PART_BYTES)
            own_row = OWN_ROW.pack(status.st_ctime_ns, status.st_dev, status.st_ino, status.st_nlink)
        elif kind == stat.S_IFLNK:
            mode, mtime = LINK_MODE, 0
            self._links.append(link)
        self._rows.append(ROW.pack(mode, uid, gid, mtime, size))
        self._own_rows.append(own_row)
        self._paths.append(path)
        return ends_page(path, len(self._paths))

    def page(self) -> Page | None:
        """Return the page, with no file of it read, and begin the next one; None where it is empty."""
        if not self._paths:
            return None
        page = Page(
            b"".join(self._rows),
            b"".join(self._own_rows),
            b"\0".join(self._paths),
            b"\0".join(self._links),
            UNREAD * self._parts,
        )
        self._start()
        return page


def ends_page(path: bytes, entries: int) -> bool:
    """Return whether a page of so many entries ends with this path."""
    return zlib.crc32(path) % _MEAN_ENTRIES == 0 or entries >= _MOST_ENTRIES


def unpack(packed: str) -> Page:
    """Return the page of another host; raise ClusterError where it is none, or names what no directory can hold."""
    try:
        text = zlib.decompress(base64.b64decode(packed))
        lengths = _LENGTHS.unpack_from(text)
    except (ValueError, zlib.error, struct.error) as error:
        raise ClusterError(f"A page of the list of files cannot be read: {error}.") from error
    columns, at = [], _LENGTHS.size
    for length in lengths:
        columns.append(text[at : at + length])
        at += length
    rows, paths, links, digests = columns
    page = Page(rows, b"", paths, links, digests)
    _check(page, at == len(text))
    return page


def _check(page: Page, is_whole: bool) -> None:
    modes = [stat.S_IFMT(row[0]) for row in ROW.iter_unpack(page.rows[: len(page) * ROW.size])]
    names = page.paths.split(b"\0")
    links = modes.count(stat.S_IFLNK)
    is_whole = is_whole and len(page.rows) == len(page) * ROW.size and len(names) == len(page)
    if not is_whole or (len(page.links.split(b"\0")) if links else 0) != links or (page.links and not links):
        raise ClusterError("A page of the list of files is damaged.")
    for path, kind in zip(names, modes, strict=True):
        is_strange = path and (any(name in (b"", b".", b"..") for name in path.split(b"/")) or _is_own(path))
        if is_strange or kind not in _KINDS or (not path and kind != stat.S_IFDIR):
            raise ClusterError(f"The list of files names {shown(os.fsdecode(path))!r}, which no directory can hold.")
    if OpenPage(page).parts_before[-1] * DIGEST_BYTES != len(page.digests) or not page.is_read:
        raise ClusterError("The list of files names files without their digests.")


def _is_own(path: bytes) -> bool:
    return path.startswith(OWN_NAMES.encode())


def _each(digests: bytes) -> Iterator[bytes]:
    return (digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES))


def _digest(*columns: bytes) -> bytes:
    found = hashlib.sha256(struct.pack(f"!{len(columns)}Q", *map(len, columns)))
    for column in columns:
        found.update(column)
    return found.digest()
