# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the window of a host into its engine's images or its directory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

from .frames import Piece
from .parts import LOAD
from .stopwatch import Stopwatch
from .window import Reader, Restarted

_POLL_SECONDS = 1.0


class Sink(Protocol):
    """Takes one item after the other, in the order of the run."""

    def begin(self, item: int, size: int) -> None:
        """Begin an item of ``size`` bytes."""

    def write(self, data: bytes | memoryview) -> None: ...

    def end(self) -> None:
        """End the item, which was written whole and has the right digest. Until then it must have no effect."""

    def abort(self) -> None:
        """Discard what was written of the current item; no-op where there is none."""

    def finish(self) -> None:
        """Finish after the last item."""


@runtime_checkable
class WholeSink(Protocol):
    """A sink that takes small items faster where it gets many of them at once."""

    def take_whole(self, pieces: Sequence[Piece]) -> None:
        """Take items that are whole and have the right digest, instead of C(begin), C(write) and C(end) of each."""


class Feeder:
    """Moves the wanted items from a window into a sink."""

    def __init__(self, reader: Reader, sink: Sink, wanted: Collection[int], watch: Stopwatch | None = None) -> None:
        self.items = 0
        self._reader = reader
        self._sink = sink
        self._watch = watch or Stopwatch()
        self._wanted = wanted
        self._current: int | None = None

    def feed(self) -> None:
        """Return at the end of the window; on any failure the sink discards the current item."""
        try:
            while not self._reader.is_at_end():
                self._feed_pieces()
            with self._watch.running(LOAD):
                self._sink.finish()
        except BaseException:
            self._sink.abort()
            raise
        finally:
            self._reader.close()

    def _feed_pieces(self) -> None:
        try:
            pieces = self._reader.next_pieces(_POLL_SECONDS)
        except Restarted:
            self._sink.abort()
            self._current = None
            return
        wanted = [piece for piece in pieces if piece.item in self._wanted]
        if not wanted:
            return
        with self._watch.running(LOAD):
            if wanted[0].is_small and isinstance(self._sink, WholeSink):
                self._sink.take_whole(wanted)
                self.items += len(wanted)
            else:
                for piece in wanted:
                    self._take(piece)

    def _take(self, piece: Piece) -> None:
        if piece.item != self._current:
            self._current = piece.item
            self._sink.begin(piece.item, piece.size)
        if piece.data:
            self._sink.write(piece.data)
        if piece.is_last:
            self._sink.end()
            self.items += 1
            self._current = None
