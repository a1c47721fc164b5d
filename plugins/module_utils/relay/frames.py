# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The protocol between two relay agents: one request, then a stream of pieces of items, in their order.

An item is a layer or a file, known to both by its place in the list of the run. Its pieces come one after the other,
so that a piece needs no offset of its own.
"""

from __future__ import annotations

import json
import socket
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .items import ItemRanges

# Of a piece: large enough that Python's work for it counts for little, and small enough that a chain of hosts, each of
# which forwards only whole pieces, is soon filled.
PIECE_BYTES = 256 * 1024
# An item of at most so many bytes is sent whole, with others of its kind.
SMALL_BYTES = 64 * 1024
# So many of them go into one frame at most.
MOST_SMALL = 512
# What is sent in one call with what is before it: a TLS record holds as much.
_SHORT_BYTES = 16 * 1024
# What is received of the next frame at most, with a piece.
_AHEAD_BYTES = 64 * 1024
# Of a request, as it travels and as what it stands for: that of every second of ten million items is far below.
_REQUEST_LIMIT = 16 * 1024**2
_UNPACKED_LIMIT = 256 * 1024**2

BEGIN = b"B"  # an item; number: its size in bytes
DATA = b"D"  # a piece of it; number: the bytes that follow
WHOLE = b"M"  # small items, each whole; item: how many; number: the bytes that follow, see send_whole
RESTART = b"R"  # what came of this item was wrong: it comes again from its first byte
WAIT = b"W"  # nothing to send yet
GONE = b"G"  # what was asked for is no longer held here
FAILED = b"F"  # it cannot be had at all; number: the bytes of the reason that follow
COMPLETE = b"Z"  # all that was asked for has been sent

_HEADER = struct.Struct("!cIQ")
_LENGTH = struct.Struct("!I")
# In a frame of whole items: the number of one and its size.
_HEAD_BYTES = 8


class Stream(Protocol):
    """The methods of a socket that are used, plain or TLS."""

    def sendall(self, data: Any, /) -> None: ...

    def recv_into(self, buffer: Any, nbytes: int = 0, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One header, and the bytes that belong to it."""

    kind: bytes
    item: int = 0
    number: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an item; the last one of an item ends it."""

    item: int
    size: int
    offset: int
    data: bytes | memoryview

    @property
    def end(self) -> int:
        return self.offset + len(self.data)

    @property
    def is_last(self) -> bool:
        return self.end >= self.size

    @property
    def is_small(self) -> bool:
        """Whether it is a whole item of those that are sent together."""
        return len(self.data) == self.size <= SMALL_BYTES


@dataclass(frozen=True)
class Request:
    """The items that are wanted, in the order of the run, and how much of the first one is there already."""

    items: ItemRanges
    offset: int = 0


def send_request(stream: Stream, request: Request) -> None:
    text = zlib.compress(json.dumps({"items": request.items.steps(), "offset": request.offset}).encode(), 1)
    stream.sendall(_LENGTH.pack(len(text)) + text)


def read_request(stream: Stream) -> Request:
    """Return the request; raise ValueError where it is none, OSError where nothing is received."""
    (length,) = _LENGTH.unpack(read_exactly(stream, _LENGTH.size))
    if length > _REQUEST_LIMIT:
        raise ValueError("the request is too long")
    body = json.loads(_unpacked(read_exactly(stream, length)))
    return Request(ItemRanges.of_steps(body["items"]), int(body["offset"]))


def send_frame(stream: Stream, kind: bytes, item: int = 0, number: int = 0, data: bytes | memoryview = b"") -> None:
    send_after(stream, b"", kind, item, number, data)


def send_after(
    stream: Stream, before: bytes, kind: bytes, item: int = 0, number: int = 0, data: bytes | memoryview = b""
) -> None:
    """Send a frame behind ``before``, together with its data where that is short: each call is a packet of its own."""
    head = before + _HEADER.pack(kind, item, number)
    if len(data) <= _SHORT_BYTES:
        stream.sendall(head + bytes(data))
    else:
        stream.sendall(head)
        stream.sendall(data)


def begin_frame(item: int, size: int) -> bytes:
    """Return the frame that begins an item, for C(send_after)."""
    return _HEADER.pack(BEGIN, item, size)


class WholeItems:
    """Gathers small items for one frame."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._bytes = 0

    def has_room_for(self, size: int) -> bool:
        """Return whether an item of this size is small, and fits."""
        is_full = len(self.pieces) >= MOST_SMALL or self._bytes + size + _HEAD_BYTES > PIECE_BYTES
        return size <= SMALL_BYTES and not is_full

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self._bytes += len(piece.data) + _HEAD_BYTES


def send_whole(stream: Stream, pieces: Sequence[Piece]) -> int:
    """Send small items in one frame: their numbers, their sizes, and their bytes. Return how many bytes they have."""
    heads = struct.pack(f"!{2 * len(pieces)}I", *(one.item for one in pieces), *(one.size for one in pieces))
    body = b"".join((heads, *(one.data for one in pieces)))
    send_frame(stream, WHOLE, len(pieces), len(body), body)
    return len(body) - len(heads)


def whole_items(frame: Frame) -> list[Piece]:
    """Return what C(send_whole) has sent; raise ValueError where it is anything else."""
    count, at = frame.item, frame.item * _HEAD_BYTES
    if at > len(frame.data):
        raise ValueError("a frame of whole items is too short")
    heads = struct.unpack_from(f"!{2 * count}I", frame.data)
    pieces = []
    for item, size in zip(heads[:count], heads[count:], strict=True):
        pieces.append(Piece(item, size, 0, frame.data[at : at + size]))
        at += size
    if at != len(frame.data):
        raise ValueError("a frame of whole items has another size than its items")
    return pieces


class FrameReader:
    """Reads frames, all into one buffer: memory that is new for each piece costs more than copying the piece out.

    It takes what has come, which may be several short frames.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = memoryview(bytearray(PIECE_BYTES + _AHEAD_BYTES))
        self._start = self._end = 0

    def read(self) -> Frame:
        """The next frame; raise OSError where the other side has closed, ValueError where it sends anything else."""
        kind, item, number = _HEADER.unpack(self._bytes(_HEADER.size))
        if kind not in (DATA, WHOLE, FAILED):
            return Frame(kind, item, number)
        if number > PIECE_BYTES:
            raise ValueError("a piece is larger than any piece may be")
        return Frame(kind, item, number, self._bytes(number))

    def _bytes(self, count: int) -> bytes:
        if self._start + count > len(self._buffer):
            rest = bytes(self._buffer[self._start : self._end])
            self._start, self._end = 0, len(rest)
            self._buffer[: len(rest)] = rest
        while self._end - self._start < count:
            received = self._stream.recv_into(self._buffer[self._end :], len(self._buffer) - self._end)
            if not received:
                raise ConnectionResetError("the other side has ended the connection")
            self._end += received
        data = bytes(self._buffer[self._start : self._start + count])
        self._start += count
        if self._start == self._end:
            self._start = self._end = 0
        return data


def read_exactly(stream: Stream, count: int) -> bytes:
    buffer = bytearray(count)
    _fill(stream, memoryview(buffer))
    return bytes(buffer)


def _fill(stream: Stream, view: memoryview) -> None:
    filled, count = 0, len(view)
    while filled < count:
        received = stream.recv_into(view[filled:], count - filled)
        if not received:
            raise ConnectionResetError("the other side has ended the connection")
        filled += received


def _unpacked(packed: bytes) -> bytes:
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(packed, _UNPACKED_LIMIT)
    except zlib.error as error:
        raise ValueError(f"the request cannot be read ({error})") from error
    if reader.unconsumed_tail:
        raise ValueError("the request is too long")
    return text


def is_dead(connection: socket.socket, silence: float) -> bool:
    """Whether what was sent has not been acknowledged for so many seconds; a receiver that only waits does so.

    The places of tcpi_unacked and tcpi_last_ack_recv are those of C(struct tcp_info) in linux/tcp.h.
    """
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    unacknowledged, milliseconds = struct.unpack_from("=I", info, 24)[0], struct.unpack_from("=I", info, 56)[0]
    return unacknowledged > 0 and milliseconds > silence * 1000
