# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The receiving half of a relay agent: the items in their order, checked, from any host that still has them.

The hosts before this one in the chain are asked, the nearest first and the source, which has all of it, last.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..base.background_hash import BackgroundHash
from ..base.errors import ClusterError
from .frames import (
    BEGIN,
    COMPLETE,
    DATA,
    FAILED,
    GONE,
    PIECE_BYTES,
    RESTART,
    WHOLE,
    Frame,
    FrameReader,
    Piece,
    Request,
    send_request,
    whole_items,
)
from .items import ItemRanges
from .parts import RECEIVE, WINDOW
from .server import SILENCE_SECONDS
from .stopwatch import Stopwatch
from .unfinished import Beginning
from .window import Broken, Window

_CONNECT_SECONDS = 5.0
_PAUSE_SECONDS = 1.0
# Of one item: from the host before, from another, and once more.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Peer:
    """A host to receive from. ``identity`` is the name in its certificate."""

    host: str
    identity: str
    address: str
    port: int


@dataclass
class Received:
    """What was received so far, in bytes; ``from_hosts`` by host, ``again`` those of items that were sent again."""

    items: int = 0
    bytes: int = 0
    again: int = 0
    from_hosts: Counter[str] = field(default_factory=Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)


class _Overtaken(Exception):
    """The peer no longer has the item, and neither do those before it, except the source."""


class _TooSlow(Exception):
    """The peer holds up this host, and is to be overtaken."""


class _Wrong(Exception):
    """An item was received whole, with another digest than the wanted one."""


class _WrongBeginning(Exception):
    """What an earlier run has left is not the beginning of the item. No other host is the cause."""


class RelayClient:
    """Fills a window with the items, each whole or not at all."""

    def __init__(
        self,
        peers: Sequence[Peer],
        context: ssl.SSLContext | None,
        digests: Mapping[int, str],
        window: Window,
        patience: float,
        show: Callable[[str], None],
        watch: Stopwatch | None = None,
    ) -> None:
        """``digests`` are the SHA-256 of the items, in hex; after ``patience`` seconds without data it fails."""
        self.received = Received()
        self._peers = peers
        self._context = context
        self._digests = digests
        self._window = window
        self._patience = patience
        self._show = show
        self._watch = watch or Stopwatch()
        self._progress_at = time.monotonic()
        self._position = 0  # the rank of the item that comes
        self._offset = 0
        self._hash = BackgroundHash()
        self._wrong: Counter[int] = Counter()
        self._slow: set[str] = set()
        self._beginning: Beginning | None = None
        self._begun_with = 0  # how much of the item that comes was here before

    def resume_from(self, beginning: Beginning | None) -> None:
        """Continue the first item after what this host has of it."""
        self._beginning = beginning

    def overtake(self, host: str) -> None:
        """Go on from the hosts before this one, which is slow; called from another thread."""
        self._slow.add(host)

    def receive(self, items: ItemRanges) -> None:
        """Return when all items are in the window; raise ClusterError where that is impossible."""
        self._progress_at = time.monotonic()
        if self._beginning:
            self._resume(items[0], self._beginning)
        choice = 0
        while self._position < len(items):
            peer = self._peers[choice]
            try:
                self._receive_from(peer, items)
            except _Wrong:
                choice = min(choice + 1, len(self._peers) - 1)
            except _WrongBeginning:
                self._show(
                    f"what is left here of sha256:{self._digests[items[self._position]]} is wrong: asking for all"
                )
            except _TooSlow:
                choice = min(choice + 1, len(self._peers) - 1)
                self._show(f"{peer.host} is slower than the others: asking {self._peers[choice].host}")
            except _Overtaken:
                choice = len(self._peers) - 1
                self._show(f"{peer.host} has gone on: asking {self._peers[choice].host}")
            except Broken:
                raise
            except (OSError, ValueError) as error:
                self._give_up_in_time(peer, error)
                choice = (choice + 1) % len(self._peers)
                if choice == 0:
                    time.sleep(_PAUSE_SECONDS)
                self._show(f"{peer.host}: {error}; asking {self._peers[choice].host}")
        self._window.end()

    def _receive_from(self, peer: Peer, items: ItemRanges) -> None:
        with socket.create_connection((peer.address, peer.port), _CONNECT_SECONDS) as connection:
            connection.settimeout(SILENCE_SECONDS)
            stream = self._secured(connection, peer)
            with stream:
                send_request(stream, Request(items.from_rank(self._position), self._offset))
                frames, size = FrameReader(stream), 0
                while self._position < len(items):
                    if peer.host in self._slow and peer != self._peers[-1]:
                        raise _TooSlow
                    with self._watch.running(RECEIVE):
                        frame = frames.read()
                    if frame.kind == BEGIN:
                        size = self._begin(frame, items)
                    else:
                        self._take(frame, size, peer, items)

    def _secured(self, connection: socket.socket, peer: Peer) -> socket.socket:
        return self._context.wrap_socket(connection, server_hostname=peer.identity) if self._context else connection

    def _resume(self, item: int, beginning: Beginning) -> None:
        with beginning.file:
            while data := beginning.file.read(PIECE_BYTES):
                piece = Piece(item, beginning.size, self._offset, data)
                if piece.is_last:
                    # Only what was not whole is kept: the file is none of ours.
                    return self._forget_item(item)
                self._hash.update(data)
                self._window.append(piece)
                self._offset = self._begun_with = piece.end
        return None

    def _begin(self, frame: Frame, items: ItemRanges) -> int:
        if frame.item != items[self._position]:
            raise ValueError(f"it sent item {frame.item} instead of {items[self._position]}")
        if self._begun_with and self._beginning and frame.number != self._beginning.size:
            self._forget_item(frame.item)
            raise _WrongBeginning
        if frame.number == 0:
            self._add(Piece(frame.item, 0, 0, b""), "")
        return frame.number

    def _take(self, frame: Frame, size: int, peer: Peer, items: ItemRanges) -> None:
        if frame.kind == WHOLE:
            self._take_whole(frame, peer, items)
        elif frame.kind == DATA:
            self._add(Piece(items[self._position], size, self._offset, frame.data), peer.host)
        elif frame.kind == RESTART:
            self._forget_item(frame.item)
        elif frame.kind == FAILED:
            raise ClusterError(f"{peer.host}: {frame.data.decode(errors='replace')}")
        elif frame.kind in (GONE, COMPLETE):
            raise _Overtaken

    def _take_whole(self, frame: Frame, peer: Peer, items: ItemRanges) -> None:
        """Take small items; what follows one with wrong bytes is asked for again."""
        if self._offset:
            raise ValueError(f"it sent whole items in the middle of item {items[self._position]}")
        pieces, right = whole_items(frame), 0
        if len(pieces) > len(items) - self._position:
            raise ValueError("it sent more items than were asked for")
        for piece, item in zip(pieces, items.after(self._position), strict=False):
            if piece.item != item:
                raise ValueError(f"it sent item {piece.item} instead of {item}")
            if hashlib.sha256(piece.data).hexdigest() != self._digests[item]:
                break
            right += 1
        if right:
            self._append(pieces[:right], peer.host)
            self._position += right
            self.received.items += right
        if right < len(pieces):
            self._add(pieces[right], peer.host)

    def _append(self, pieces: Sequence[Piece], host: str) -> None:
        count = sum(len(piece.data) for piece in pieces)
        self.received.bytes += count
        if count:
            self.received.from_hosts[host] += count
        with self._watch.running(WINDOW):
            self._window.append(*pieces)
        self._progress_at = time.monotonic()

    def _add(self, piece: Piece, host: str) -> None:
        self._hash.update(piece.data)
        self.received.bytes += len(piece.data)
        if piece.data:
            self.received.from_hosts[host] += len(piece.data)
        self._offset = piece.end
        if piece.is_last:
            self._check(piece, host)
        with self._watch.running(WINDOW):
            self._window.append(piece)
        self._progress_at = time.monotonic()
        if piece.is_last:
            self.received.items += 1
            self._position += 1
            self._start_item()

    def _check(self, piece: Piece, host: str) -> None:
        found = self._hash.hexdigest()
        expected = self._digests[piece.item]
        if found == expected:
            return
        if self._begun_with:
            self._forget_item(piece.item)
            raise _WrongBeginning
        self.received.refused.append({"digest": f"sha256:{expected}", "found": f"sha256:{found}", "from": host})
        self._forget_item(piece.item)
        self._wrong[piece.item] += 1
        if self._wrong[piece.item] >= _ATTEMPTS:
            raise ClusterError(
                f"sha256:{expected} came {_ATTEMPTS} times with wrong bytes, the last time from {host} with the digest "
                f"sha256:{found}. Nothing of it reached the engine. Check the memory and the disk of that host."
            )
        self._show(f"{host} sent wrong bytes for sha256:{expected}: refused, fetching it again")
        raise _Wrong

    def _forget_item(self, item: int) -> None:
        self.received.again += self._offset - self._begun_with
        self._window.restart(item)
        self._start_item()

    def _start_item(self) -> None:
        self._offset = self._begun_with = 0
        self._hash.restart()

    def _give_up_in_time(self, peer: Peer, error: Exception) -> None:
        silent_for = time.monotonic() - self._progress_at
        if silent_for > self._patience:
            raise ClusterError(
                f"Nothing was received for {silent_for:.0f} s, neither from the hosts before this one nor from the "
                f"source; the last that was asked was {peer.host} at {peer.address} ({error})."
            ) from error
