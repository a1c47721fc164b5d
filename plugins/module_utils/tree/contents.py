# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: where the content of the files that are to be written comes from, part by part."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..relay.items import ItemRanges
from .entries import PART_BYTES, TreeEntry
from .pages import DIGEST_BYTES
from .store import PageStore, Place, Selection


@dataclass(frozen=True, slots=True)
class Work:
    """A file to be written: the parts that an earlier run left, those found elsewhere here, and those to receive."""

    entry: TreeEntry
    left: tuple[int, ...] = ()
    local: tuple[tuple[int, tuple[TreeEntry, int]], ...] = ()
    lacking: tuple[int, ...] = ()


class FileContents:
    """The files that are to be written, C(add) one by one, and after C(find) what this host lacks of them."""

    def __init__(self, source: PageStore, here: PageStore) -> None:
        self._source = source
        self._here = here
        self._files = Selection(source)
        self._replaces = array("Q")
        self._left: set[int] = set()  # items
        self._local: dict[bytes, int] = {}  # items of this host, by their digests
        self._copied = Selection(source)  # files of which some parts are here
        self._ready = Selection(source)  # files of which nothing is received
        self._copies: dict[int, list[int]] = {}
        self.wanted = ItemRanges()  # the items to receive; of those with the same content the first
        self.wanted_bytes = 0
        self.files_sent = 0  # how many files anything is received for
        self.needed_bytes = 0

    def add(self, place: Place, replaces: int) -> None:
        """Add a file, in the order of the source; ``replaces`` is the size of the file in its place here."""
        self._files.add(place)
        self._replaces.append(replaces)

    def __len__(self) -> int:
        return len(self._files)

    def find(self, left: Callable[[TreeEntry], Sequence[int]] | None) -> None:
        """Find what is here; ``left`` returns which parts of a file an earlier run has left whole, None without any."""
        first: dict[bytes, int] = {}
        for place in self._files.places():
            item, size = self._source.first_item(place), self._source.size(place)
            if left:
                self._left.update(item + part for part in left(self._source.entry(place)))
            for at in range(0, size, PART_BYTES):
                if item not in self._left:
                    self._note(first, item, min(size - at, PART_BYTES))
                item += 1
        self._find_local(first)
        self.wanted = ItemRanges(item for digest, item in first.items() if digest not in self._local)
        # What is here was counted with what is lacking.
        for digest in self._local:
            entry, part = self._source.part_of(first[digest])
            self.wanted_bytes -= entry.part_size(part)
        del first
        self._count()

    def works(self) -> Iterator[Work]:
        """Yield what is to be done for each file."""
        return (self._work(place) for place in self._files.places())

    def copied(self) -> Iterator[Work]:
        """Yield what is to be done for each file of which some parts are here, in other files."""
        return (self._work(place) for place in self._copied.places())

    def ready(self) -> Iterator[TreeEntry]:
        """Yield the files of which nothing is received."""
        return iter(self._ready)

    def lacking_parts(self, place: Place) -> int:
        """Return how many parts of a file are received."""
        return len(self._work(place).lacking)

    def same_as(self, item: int) -> list[int]:
        """Return the other items that have the same content and are lacking too."""
        return self._copies.get(item, [])

    def _note(self, first: dict[bytes, int], item: int, size: int) -> None:
        known = first.setdefault(self._source.digest_of(item), item)
        if known == item:
            self.wanted_bytes += size
        else:
            self._copies.setdefault(known, []).append(item)

    def _find_local(self, lacking: dict[bytes, int]) -> None:
        """Find out which digests are those of parts here, in files that may be anywhere."""
        if not lacking:
            return
        at = 0
        for number in self._here.numbers():
            digests = self._here.page(number).digests
            for start in range(0, len(digests), DIGEST_BYTES):
                digest = digests[start : start + DIGEST_BYTES]
                if digest in lacking:
                    self._local[digest] = at + start // DIGEST_BYTES
            at += len(digests) // DIGEST_BYTES

    def _work(self, place: Place) -> Work:
        if not self._local and not self._left:
            entry = self._source.entry(place)
            return Work(entry, lacking=tuple(range(entry.parts)))
        entry, item = self._source.entry(place), self._source.first_item(place)
        left, local, lacking = [], [], []
        for part in range(entry.parts):
            held = self._local.get(self._source.digest_of(item + part)) if self._local else None
            if item + part in self._left:
                left.append(part)
            elif held is None:
                lacking.append(part)
            else:
                local.append((part, self._here.part_of(held)))
        return Work(entry, tuple(left), tuple(local), tuple(lacking))

    def _count(self) -> None:
        """Count the files, and the bytes that the disk needs at most: old content goes when the new is whole."""
        copied = used = most = 0
        lacks_all = not self._local and not self._left
        for place, replaces in zip(self._files.places(), self._replaces, strict=True):
            if lacks_all and (size := self._source.size(place)):
                self.files_sent += 1
                used += size
                most = max(most, used)
                used -= replaces
                continue
            work = self._work(place)
            if work.local:
                self._copied.add(place)
            if not work.lacking:
                self._ready.add(place)
                copied += work.entry.size
                continue
            self.files_sent += 1
            used += work.entry.size - sum(work.entry.part_size(part) for part in work.left)
            most = max(most, used)
            used -= replaces
        self.needed_bytes = copied + most
