# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sending half of a relay agent: it answers the hosts that come next, as long as the run lasts.

What is sent comes from a provider: the files of the source, or the window of a host that receives itself.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol, TypeAlias, runtime_checkable

from ..base.errors import ClusterError
from ..base.system_error import described
from .frames import (
    COMPLETE,
    DATA,
    FAILED,
    GONE,
    PIECE_BYTES,
    RESTART,
    WAIT,
    Piece,
    Request,
    Stream,
    begin_frame,
    is_dead,
    read_request,
    send_after,
    send_frame,
    send_whole,
)
from .parts import READ, SEND
from .stopwatch import Stopwatch
from .window import Gone, Restarted, Window

# A host that has nothing to send says so this often; one that is silent for several times as long is dead.
WAIT_SECONDS = 1.0
SILENCE_SECONDS = 8.0
# How long what the next host still lacks is kept after its connection broke: for it, or for the one after it.
HOLD_SECONDS = 20.0
_HANDSHAKE_SECONDS = 10.0
# Too many open files, for now, or a peer that has gone before it was answered.
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ECONNABORTED)


@dataclass(frozen=True)
class Restart:
    """What was sent of this item was wrong; it is sent again from its first byte."""

    item: int


# What is sent in one go: a piece, some small items, or nothing yet.
Sent: TypeAlias = "Piece | list[Piece] | Restart | None"


class Provider(Protocol):
    """Where the pieces come from."""

    def pieces(self, request: Request) -> Generator[Sent, None, None]:
        """Yield the pieces of the wanted items, or several small ones at a time; None where there is none yet.

        Raises Gone where what was asked for is no longer held, and ClusterError where it cannot be had at all.
        """


class Damaged(Exception):
    """What was read of an item is wrong; it can be opened again, once it is right."""


class ItemSource(Protocol):
    """The items where they are whole."""

    def open_item(self, item: int, timeout: float) -> tuple[int, IO[bytes]] | None:
        """Return the size of an item and its bytes; None where it is not ready after ``timeout`` seconds.

        Reading may raise Damaged, and gives None where the next bytes are not ready within about as long.
        """


@runtime_checkable
class SmallItems(Protocol):
    """A source that reads small items faster where it is asked for many of them at once."""

    def small_items(self, items: Iterator[int]) -> list[Piece]:
        """Return the first of these items, whole, as many as go into one frame; none where the first is not small."""


class SourceProvider:
    """Pieces of whole items; they can be had from any place, any number of times."""

    def __init__(self, source: ItemSource) -> None:
        self._source = source

    def pieces(self, request: Request) -> Generator[Sent, None, None]:
        offset, rank = request.offset, 0
        source = self._source if isinstance(self._source, SmallItems) else None
        while rank < len(request.items):
            small = source.small_items(request.items.after(rank)) if source and not offset else []
            if small:
                yield small
                rank += len(small)
            else:
                yield from self._item(request.items[rank], offset)
                offset, rank = 0, rank + 1

    def _item(self, item: int, offset: int) -> Generator[Sent, None, None]:
        while True:
            try:
                yield from self._pieces_of(item, offset)
            except Damaged:
                yield Restart(item)
            else:
                return
            offset = 0

    def _pieces_of(self, item: int, offset: int) -> Generator[Sent, None, None]:
        try:
            while (opened := self._source.open_item(item, WAIT_SECONDS)) is None:
                yield None
            size, file = opened
            with file:
                yield from _pieces_of(item, size, offset, file)
        except OSError as error:
            raise ClusterError(f"What is sent could not be read: {described(error)}") from error


class WindowProvider:
    """Pieces as this host receives them."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def pieces(self, request: Request) -> Generator[Sent, None, None]:
        wanted, last = request.items, request.items[-1]
        reader = self._window.open(request.items[0], request.offset)
        is_whole = False
        try:
            while not is_whole:
                try:
                    pieces = reader.next_pieces(WAIT_SECONDS)
                except Restarted as restarted:
                    yield Restart(restarted.item)
                    continue
                if not pieces and reader.is_at_end():
                    raise Gone
                chosen = [piece for piece in pieces if piece.item in wanted]
                if chosen or not pieces:
                    yield chosen or None
                is_whole = any(piece.item == last and piece.is_last for piece in chosen)
        finally:
            if reader.is_waited_for and not is_whole:
                self._window.hold(HOLD_SECONDS)
            reader.close()


class RelayServer:
    """Answers at a socket that listens, until it is closed."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext | None, count: Callable[[int], None]) -> None:
        self._listener = listener
        self.watch = Stopwatch()
        self._context = context
        self._count = count
        self.port = self._listener.getsockname()[1]

    def serve(self, provider: Provider) -> None:
        """Answer each connection in a thread of its own; return at once."""
        threading.Thread(target=self._accept, args=(provider,), daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self, provider: Provider) -> None:
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError as error:
                if error.errno in _PASSING:
                    time.sleep(WAIT_SECONDS)
                    continue
                return
            threading.Thread(target=self._answer, args=(connection, provider), daemon=True).start()

    def _answer(self, connection: socket.socket, provider: Provider) -> None:
        # A peer that breaks off, or is none of ours, is no error of this host: it comes again, or it does not.
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError), connection:
            connection.settimeout(_HANDSHAKE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with stream:
                request = read_request(stream)
                stream.settimeout(WAIT_SECONDS)
                with contextlib.closing(provider.pieces(request)) as pieces:
                    self._send(_PatientStream(stream), pieces)

    def _send(self, stream: Stream, pieces: Iterator[Sent]) -> None:
        begun: int | None = None
        while True:
            try:
                with self.watch.running(READ):
                    sent = next(pieces)
            except StopIteration:
                return send_frame(stream, COMPLETE)
            except Gone:
                return send_frame(stream, GONE)
            except ClusterError as error:
                reason = error.message.encode()[:PIECE_BYTES]
                return send_frame(stream, FAILED, number=len(reason), data=reason)
            if isinstance(sent, Restart):
                begun = None
                send_frame(stream, RESTART, sent.item)
                continue
            pieces_sent = [sent] if isinstance(sent, Piece) else sent or []
            with self.watch.running(SEND):
                begun = _send_pieces(stream, pieces_sent, begun)
            self._count(sum(len(piece.data) for piece in pieces_sent))


def _send_pieces(stream: Stream, pieces: Sequence[Piece], begun: int | None) -> int | None:
    """Send what a provider gives, in as few frames as it needs; return the item that is begun then."""
    if not pieces:
        send_frame(stream, WAIT)
        return begun
    first = pieces[0]
    if first.is_small and first.item != begun and first.data:
        send_whole(stream, pieces)
        return pieces[-1].item
    for piece in pieces:
        before = b"" if piece.item == begun else begin_frame(piece.item, piece.size)
        begun = piece.item
        if piece.data:
            send_after(stream, before, DATA, piece.item, len(piece.data), piece.data)
        elif before:
            stream.sendall(before)
    return begun


class _PatientStream:
    """A stream that sends for as long as the receiver acknowledges, however slowly."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream

    def sendall(self, data: Any, /) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._stream.send(view) :]
            except (TimeoutError, ssl.SSLWantWriteError):
                if is_dead(self._stream, SILENCE_SECONDS):
                    raise

    def recv_into(self, buffer: Any, nbytes: int = 0, /) -> int:
        return self._stream.recv_into(buffer, nbytes)


def _pieces_of(item: int, size: int, offset: int, file: IO[bytes]) -> Iterator[Piece | None]:
    file.seek(offset)
    while True:
        data: bytes | None = file.read(PIECE_BYTES)
        if data is None:
            yield None
            continue
        piece = Piece(item, size, offset, data)
        offset = piece.end
        if not data and not piece.is_last:
            raise ClusterError(f"Item {item} ends after {offset} of its {size} bytes.")
        yield piece
        if piece.is_last:
            return
