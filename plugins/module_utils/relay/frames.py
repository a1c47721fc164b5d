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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# Of a piece: large enough that Python's work for it counts for little, and small enough that a chain of hosts, each of
# which forwards only whole pieces, is soon filled.
PIECE_BYTES = 256 * 1024
# Of a request, as it travels and as what it stands for: that of every second of ten million items is far below.
_REQUEST_LIMIT = 16 * 1024**2
_UNPACKED_LIMIT = 256 * 1024**2

BEGIN = b"B"  # an item; number: its size in bytes
DATA = b"D"  # a piece of it; number: the bytes that follow
RESTART = b"R"  # what came of this item was wrong: it comes again from its first byte
WAIT = b"W"  # nothing to send yet
GONE = b"G"  # what was asked for is no longer held here
FAILED = b"F"  # it cannot be had at all; number: the bytes of the reason that follow
COMPLETE = b"Z"  # all that was asked for has been sent

_HEADER = struct.Struct("!cIQ")
_LENGTH = struct.Struct("!I")


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


@dataclass(frozen=True)
class Request:
    """The items that are wanted, in the order of the run, and how much of the first one is there already."""

    items: tuple[int, ...]
    offset: int = 0


def send_request(stream: Stream, request: Request) -> None:
    text = zlib.compress(json.dumps({"items": _to_steps(request.items), "offset": request.offset}).encode(), 1)
    stream.sendall(_LENGTH.pack(len(text)) + text)


def read_request(stream: Stream) -> Request:
    """Return the request; raise ValueError where it is none, OSError where nothing is received."""
    (length,) = _LENGTH.unpack(read_exactly(stream, _LENGTH.size))
    if length > _REQUEST_LIMIT:
        raise ValueError("the request is too long")
    body = json.loads(_unpacked(read_exactly(stream, length)))
    return Request(tuple(_from_steps(body["items"])), int(body["offset"]))


def send_frame(stream: Stream, kind: bytes, item: int = 0, number: int = 0, data: bytes | memoryview = b"") -> None:
    stream.sendall(_HEADER.pack(kind, item, number))
    if data:
        stream.sendall(data)


class FrameReader:
    """Reads frames, all into one buffer: memory that is new for each piece costs more than copying the piece out."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = memoryview(bytearray(PIECE_BYTES))

    def read(self) -> Frame:
        """The next frame; raise OSError where the other side has closed, ValueError where it sends anything else."""
        kind, item, number = _HEADER.unpack(self._bytes(_HEADER.size))
        if kind not in (DATA, FAILED):
            return Frame(kind, item, number)
        if number > PIECE_BYTES:
            raise ValueError("a piece is larger than any piece may be")
        return Frame(kind, item, number, self._bytes(number))

    def _bytes(self, count: int) -> bytes:
        _fill(self._stream, self._buffer[:count])
        return bytes(self._buffer[:count])


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


def _to_steps(items: Sequence[int]) -> list[int]:
    """How many items are left out before each run of items, and how long the run is: what repeats packs well."""
    steps: list[int] = []
    after = 0
    for item in items:
        if steps and item == after:
            steps[-1] += 1
        else:
            steps += [item - after, 1]
        after = item + 1
    return steps


def _from_steps(steps: Sequence[int]) -> Iterator[int]:
    after = 0
    for left_out, length in zip(steps[::2], steps[1::2], strict=True):
        first = after + left_out
        after = first + length
        yield from range(first, after)


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
