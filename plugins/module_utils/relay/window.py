# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last part of the stream that a host has received: what its engine and the next host read from.

It is bounded in memory. Where a reader is a whole window behind, the host takes no more until that reader goes on.
What all have read stays until its room is needed, so that a host further down finds it where the one between dies.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable

from .frames import MOST_SMALL, Piece, WholeItems
from .items import ItemRanges

_KEPT_PIECES = 16

Position = tuple[int, int]  # the rank of an item in the order of the run, and an offset in it


class Gone(Exception):
    """What is asked for is no longer in the window."""


class Broken(OSError):
    """This host has given up: readers have to use another host."""


class Restarted(Exception):
    """What was read of this item was wrong; it comes again from its first byte."""

    def __init__(self, item: int) -> None:
        super().__init__(f"item {item} comes again")
        self.item = item


class Window:
    """Written by one thread, read by any number."""

    def __init__(
        self, order: ItemRanges, limit: int, clock: Callable[[], float] = time.monotonic, overhead: int = 0
    ) -> None:
        """``limit`` is in bytes, and ``overhead`` how many a piece counts beside its own."""
        self._overhead = overhead
        self._order = order
        self._limit = limit
        self._clock = clock
        self._changed = threading.Condition()
        self._pieces: deque[Piece] = deque()
        self._first = 0  # the number of the oldest piece
        self._bytes = 0
        self._floor: Position = (0, 0)
        self._readers: list[Reader] = []
        self._held_until = 0.0
        self._held_from = 0
        self._is_released = False
        self._ended = False
        self._broken = False
        self._drained = False

    def append(self, *pieces: Piece) -> None:
        """Add pieces that follow each other, as soon as there is room for the first of them."""
        with self._changed:
            while self._bytes >= self._limit and not (self._broken or self._drained):
                if not self._drop_oldest():
                    self._changed.wait(0.2)
            if self._broken or self._drained:
                raise Broken("this host has given up")
            self._pieces.extend(pieces)
            self._bytes += sum(len(piece.data) + self._overhead for piece in pieces)
            self._changed.notify_all()

    def end(self) -> None:
        """End the window: no more pieces follow."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def drain(self) -> None:
        """Refuse more pieces, and readers of other hosts; this host itself still reads what is here."""
        with self._changed:
            self._drained = True
            self._changed.notify_all()

    def break_off(self) -> None:
        """Make all readers and the writer fail."""
        with self._changed:
            self._broken = True
            self._changed.notify_all()

    def restart(self, item: int) -> None:
        """Discard what was received of this item; readers that have any of it get Restarted."""
        with self._changed:
            while self._pieces and self._pieces[-1].item == item:
                self._bytes -= len(self._pieces.pop().data) + self._overhead
            start = (self._order.rank(item), 0)
            self._floor = min(self._floor, start)
            for reader in self._readers:
                if reader.position > start:
                    reader.restarted, reader.position = item, start
                reader.number = min(reader.number, self._first + len(self._pieces))
            self._changed.notify_all()

    def unfinished(self) -> list[Piece]:
        """Return the pieces of the item that is not whole; none where its beginning has left the window.

        Nor where this host has given up for a reason of its own.
        """
        with self._changed:
            if self._broken or not self._pieces or self._pieces[-1].is_last:
                return []
            item = self._pieces[-1].item
            pieces = [piece for piece in self._pieces if piece.item == item]
            return pieces if pieces[0].offset == 0 else []

    def hold(self, seconds: float) -> None:
        """Keep what is here for a later reader, for ``seconds``; not where nobody is waited for any more."""
        with self._changed:
            if self._is_released:
                return
            self._held_until, self._held_from = self._clock() + seconds, self._first

    def open_first(self) -> Reader:
        """Return the reader of this host itself, from the first piece on."""
        with self._changed:
            reader = Reader(self, self._first, (0, 0), forwards=False)
            self._readers.append(reader)
            return reader

    def open(self, item: int, offset: int) -> Reader:
        """Return a reader for another host from there on; raise Gone where that has left the window.

        Of such readers only the latest is waited for: it has come because the one before is dead, or too slow.
        """
        with self._changed:
            position = (self._order.rank(item), offset)
            self._release()
            if position < self._floor:
                raise Gone
            reader = Reader(self, self._first, position, forwards=True)
            self._readers.append(reader)
            return reader

    def release(self) -> None:
        """Wait for none of the hosts that read here; one that is overtaken by this has to use another."""
        with self._changed:
            self._is_released = True
            self._release()
            self._changed.notify_all()

    def _release(self) -> None:
        self._held_until = 0.0
        for reader in self._readers:
            reader.is_waited_for = reader.is_waited_for and not reader.forwards

    def next_pieces(self, reader: Reader, timeout: float) -> list[Piece]:
        with self._changed:
            piece = self._find(reader)
            if piece is None:
                self._changed.wait_for(lambda: self._is_news_for(reader), timeout)
                piece = self._find(reader)
            if piece is None:
                return []
            return self._with_small(reader, piece) if piece.is_small else [piece]

    def is_at_end(self, reader: Reader) -> bool:
        with self._changed:
            return self._ended and reader.number >= self._first + len(self._pieces)

    def close(self, reader: Reader) -> None:
        with self._changed:
            if reader in self._readers:
                self._readers.remove(reader)
            self._changed.notify_all()

    def _is_news_for(self, reader: Reader) -> bool:
        return (
            self._broken
            or reader.restarted is not None
            or self._ended
            or reader.number < self._first + len(self._pieces)
        )

    def _find(self, reader: Reader) -> Piece | None:
        has_all = reader.number >= self._first + len(self._pieces)
        if self._broken or (self._drained and (reader.forwards or (has_all and not self._ended))):
            raise Broken("this host has given up")
        if reader.restarted is not None:
            item, reader.restarted = reader.restarted, None
            raise Restarted(item)
        if reader.number < self._first:
            raise Gone
        while reader.number < self._first + len(self._pieces):
            piece = self._pieces[reader.number - self._first]
            reader.number += 1
            self._changed.notify_all()
            rest = self._rest_of(piece, reader.position)
            if rest is not None:
                reader.position = self._end_of(piece)
                return rest
        return None

    def _with_small(self, reader: Reader, piece: Piece) -> list[Piece]:
        """Return the piece, a small item, and those of the same kind that follow it and go into one frame."""
        found = WholeItems()
        found.add(piece)
        number = reader.number - self._first
        for one in itertools.islice(self._pieces, number, number + MOST_SMALL):
            if not (one.is_small and found.has_room_for(one.size)):
                break
            found.add(one)
        reader.number += len(found.pieces) - 1
        reader.position = self._end_of(found.pieces[-1])
        return found.pieces

    def _rest_of(self, piece: Piece, position: Position) -> Piece | None:
        """The part of the piece from the position on."""
        rank, offset = self._order.rank(piece.item), position[1]
        if rank < position[0] or (rank == position[0] and piece.end <= offset and piece.end > piece.offset):
            return None
        if rank > position[0] or offset <= piece.offset:
            return piece
        return Piece(piece.item, piece.size, offset, piece.data[offset - piece.offset :])

    def _end_of(self, piece: Piece) -> Position:
        rank = self._order.rank(piece.item)
        return (rank + 1, 0) if piece.is_last else (rank, piece.end)

    def _drop_oldest(self) -> bool:
        """Make room by what nobody waits for; return whether there was any."""
        waited_for = [reader.number for reader in self._readers if reader.is_waited_for]
        if self._clock() < self._held_until:
            waited_for.append(self._held_from)
        least = min(waited_for, default=self._first + len(self._pieces) + 1)
        oldest = None
        # A little of what all have read stays: the host behind a slow one goes on from here, and is as far as that.
        while self._bytes >= self._limit and least > self._first + min(len(self._pieces) // 8, _KEPT_PIECES):
            if not self._pieces:
                break
            oldest = self._pieces.popleft()
            self._first += 1
            self._bytes -= len(oldest.data) + self._overhead
        if oldest:
            self._floor = self._end_of(oldest)
        return oldest is not None


class Reader:
    """A place in a window."""

    def __init__(self, window: Window, number: int, position: Position, forwards: bool) -> None:
        self._window = window
        self.number = number
        self.position = position
        self.forwards = forwards
        self.is_waited_for = True
        self.restarted: int | None = None

    def next_pieces(self, timeout: float) -> list[Piece]:
        """Return the next piece, with the small items that follow where it is one.

        Return nothing where none came in ``timeout`` seconds, or none will (see C(is_at_end)).

        Raises Restarted where what was read of the current item was wrong, Gone where the reader was not waited for
        and has been overtaken, and Broken where the host gives up.
        """
        return self._window.next_pieces(self, timeout)

    def is_at_end(self) -> bool:
        return self._window.is_at_end(self)

    def close(self) -> None:
        self._window.close(self)
