# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages of a directory by their numbers, and the parts of its files by theirs.

A part of a file is what the relay calls an item. Its number is its place among all parts of the source's files.
"""

from __future__ import annotations

import functools
import struct
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from ..base.errors import ClusterError
from .entries import TreeEntry
from .pages import DIGEST_BYTES, OpenPage, Page

_OUTLINE = struct.Struct(f"!{DIGEST_BYTES}sI")
_OPEN_PAGES = 8
_INDEX_BITS = 16

# A page's number, and the place of an entry in it.
Place = tuple[int, int]


class PageStore:
    """Pages in their order; those that are the same on the other host need not be here."""

    def __init__(self) -> None:
        self._pages: list[Page | None] = []
        self.digests: list[bytes] = []
        self._items_before = array("Q", [0])
        self._open = functools.lru_cache(_OPEN_PAGES)(self._opened)

    @classmethod
    def of_outline(cls, outline: str) -> PageStore:
        """Return a store that lacks all pages, by what C(outline) gave; raise ClusterError where it is none."""
        store = cls()
        try:
            for digest, parts in _OUTLINE.iter_unpack(b64decode(outline)):
                store._add(None, digest, parts)
        except (ValueError, struct.error) as error:
            raise ClusterError(f"The list of pages cannot be read: {error}.") from error
        return store

    def outline(self) -> str:
        """Return the digests of all pages, and how many parts of files each has."""
        parts = (self._items_before[at + 1] - self._items_before[at] for at in range(len(self._pages)))
        rows = (_OUTLINE.pack(digest, count) for digest, count in zip(self.digests, parts, strict=True))
        return b64encode(b"".join(rows)).decode()

    def add(self, page: Page, digest: bytes) -> None:
        """Add the page after all others."""
        self._add(page, digest, len(page.digests) // DIGEST_BYTES)

    def put(self, number: int, page: Page) -> None:
        """Put in a page that was lacking; raise ClusterError where it is another one."""
        if page.digest() != self.digests[number]:
            raise ClusterError(f"Page {number} of the list of files is not what the source has announced.")
        self._pages[number] = page

    def settle(self, number: int) -> None:
        """Take the digest of a page whose files were read meanwhile."""
        page = self.page(number)
        self.digests[number] = page.digest() if page.is_read else b""

    def numbers(self) -> Iterator[int]:
        """Yield the numbers of the pages that are here."""
        return (number for number, page in enumerate(self._pages) if page is not None)

    def page(self, number: int) -> Page:
        page = self._pages[number]
        if page is None:
            raise RuntimeError(f"page {number} is not here")
        return page

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def items(self) -> int:
        """How many parts of files there are."""
        return self._items_before[-1]

    def entry(self, place: Place) -> TreeEntry:
        return self._open(place[0]).entry(place[1])

    def size(self, place: Place) -> int:
        return self._open(place[0]).size(place[1])

    def walk(self, numbers: Iterable[int]) -> Iterator[tuple[Place, TreeEntry]]:
        for number in numbers:
            for index, entry in enumerate(self._open(number)):
                yield (number, index), entry

    def first_item(self, place: Place) -> int:
        """Return the item that is the first part of an entry."""
        return self._items_before[place[0]] + self._open(place[0]).parts_before[place[1]]

    def part_of(self, item: int) -> tuple[TreeEntry, int]:
        """Return the entry that an item is of, and which part of it."""
        number = bisect_right(self._items_before, item) - 1
        page, part = self._open(number), item - self._items_before[number]
        index = bisect_right(page.parts_before, part) - 1
        return page.entry(index), part - page.parts_before[index]

    def place_of(self, item: int) -> Place:
        number = bisect_right(self._items_before, item) - 1
        index = bisect_right(self._open(number).parts_before, item - self._items_before[number]) - 1
        return number, index

    def digest_of(self, item: int) -> bytes:
        """Return the digest of an item."""
        number = bisect_right(self._items_before, item) - 1
        at = (item - self._items_before[number]) * DIGEST_BYTES
        return self.page(number).digests[at : at + DIGEST_BYTES]

    def _add(self, page: Page | None, digest: bytes, parts: int) -> None:
        self._pages.append(page)
        self.digests.append(digest)
        self._items_before.append(self._items_before[-1] + parts)

    def _opened(self, number: int) -> OpenPage:
        return OpenPage(self.page(number))


class Selection:
    """Some entries of a store, in their order, in few bytes each."""

    def __init__(self, store: PageStore) -> None:
        self._store = store
        self._places = array("Q")

    def add(self, place: Place) -> None:
        self._places.append(place[0] << _INDEX_BITS | place[1])

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[TreeEntry]:
        return (self._store.entry(place) for place in self.places())

    def __reversed__(self) -> Iterator[TreeEntry]:
        return (self._store.entry(_place(one)) for one in reversed(self._places))

    def places(self) -> Iterator[Place]:
        return map(_place, self._places)


def _place(number: int) -> Place:
    return number >> _INDEX_BITS, number & ((1 << _INDEX_BITS) - 1)
