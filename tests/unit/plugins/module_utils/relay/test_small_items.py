# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many small items over real sockets: they are sent together, and checked and taken one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.relay import frames
from ansible_collections.distrain.cluster.plugins.module_utils.relay.client import Peer
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import (
    PIECE_BYTES,
    SMALL_BYTES,
    WHOLE,
    Frame,
    FrameReader,
    Piece,
    WholeItems,
    send_whole,
    whole_items,
)
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.relay_hosts import (
    Host,
    MemorySink,
    MemorySource,
    deliver,
    start_source,
)

# Small ones, with one that just is and one that is not among them, and an empty one.
SIZES = [100 + 37 * number % 5000 for number in range(400)]
SIZES[100:104] = [SMALL_BYTES, SMALL_BYTES + 1, 600_000, 0]
ITEMS = [hashlib.sha256(b"%d" % number).digest() * (size // 32) + bytes(size % 32) for number, size in enumerate(SIZES)]
ALL = range(len(ITEMS))


class SmallSource(MemorySource):
    """Counts how often it is asked for small items."""

    def __init__(self, items: Sequence[bytes] = ITEMS) -> None:
        super().__init__(items)
        self.asked = 0

    def small_items(self, items: Iterator[int]) -> list[Piece]:
        self.asked += 1
        found = WholeItems()
        for item in items:
            if not found.has_room_for(len(self._items[item])):
                break
            found.add(Piece(item, len(self._items[item]), 0, self._items[item]))
        return found.pieces


class WholeSink(MemorySink):
    def __init__(self) -> None:
        super().__init__()
        self.together: list[int] = []

    def take_whole(self, pieces: Sequence[Piece]) -> None:
        self.together.append(len(pieces))
        for piece in pieces:
            self.begin(piece.item, piece.size)
            self.write(piece.data)
            self.end()


@pytest.fixture
def authority() -> RunAuthority:
    return RunAuthority()


@pytest.mark.parametrize("sink", [WholeSink, MemorySink])
def test_they_go_through_a_chain_together(authority: RunAuthority, sink: type[MemorySink]) -> None:
    giver = SmallSource()
    source, sent = start_source(authority, giver)
    first = Host("h1", authority, [source], ALL, sink=sink(), items=ITEMS)
    second = Host("h2", authority, [first.peer(), source], ALL, sink=sink(), is_last=True, items=ITEMS)
    deliver(first, second)
    for host in (first, second):
        assert host.has_all()
        assert host.figures()["items"] == len(ITEMS)
        assert host.figures()["bytes"] == sum(map(len, ITEMS))
        assert host.figures()["again"] == 0
    assert sum(sent) == sum(map(len, ITEMS))
    assert giver.asked < 20
    if isinstance(first.sink, WholeSink):
        assert max(first.sink.together) > 50


@pytest.mark.parametrize("wanted", [range(5, 300, 3), [0, 99, 100, 101, 102, 103, 104, 399], [399]])
def test_a_host_gets_those_that_it_lacks(authority: RunAuthority, wanted: Sequence[int]) -> None:
    source, _sent = start_source(authority, SmallSource())
    first = Host("h1", authority, [source], ALL, keeps=range(50), sink=WholeSink(), items=ITEMS)
    second = Host("h2", authority, [first.peer(), source], wanted, sink=WholeSink(), is_last=True, items=ITEMS)
    deliver(first, second)
    assert sorted(first.sink.items) == list(range(50))
    assert second.sink.items == {item: ITEMS[item] for item in wanted}


@pytest.mark.parametrize("wrong", [0, 60, 399])
def test_one_with_wrong_bytes_is_refused_alone(authority: RunAuthority, wrong: int) -> None:
    source, _sent = start_source(authority, SmallSource())
    lies = list(ITEMS)
    lies[wrong] = b"x" + ITEMS[wrong][1:]
    liar, _lies = start_source(authority, SmallSource(lies))
    liar = Peer("liar", "h0", liar.address, liar.port)
    host = Host("h1", authority, [liar, source], ALL, sink=WholeSink(), is_last=True, items=ITEMS)
    deliver(host)
    assert host.has_all()
    (refused,) = host.figures()["refused"]
    assert (refused["from"], refused["digest"]) == ("liar", f"sha256:{hashlib.sha256(ITEMS[wrong]).hexdigest()}")
    assert host.figures()["again"] == len(ITEMS[wrong])


def test_a_source_with_wrong_bytes_every_time_is_named(authority: RunAuthority) -> None:
    source, _sent = start_source(authority, SmallSource([b"x" + ITEMS[0][1:], *ITEMS[1:]]))
    host = Host("h1", authority, [source], ALL, sink=WholeSink(), is_last=True, items=ITEMS).start()
    with pytest.raises(ClusterError, match="came 3 times with wrong bytes, the last time from h0"):
        host.wait()
    assert host.sink.items == {}


class OtherItems(SmallSource):
    """Gives others than it is asked for."""

    def __init__(self, shift: int) -> None:
        super().__init__()
        self._shift = shift

    def small_items(self, items: Iterator[int]) -> list[Piece]:
        if self._shift:
            return [Piece(item + self._shift, len(data), 0, data) for item in items for data in [ITEMS[item]]][:3]
        return [Piece(item, len(ITEMS[item]), 0, ITEMS[item]) for item in range(5)]


@pytest.mark.parametrize(
    ("shift", "says"), [(1, "it sent item 1 instead of 0"), (0, "it sent more items than were asked for")]
)
def test_what_was_not_asked_for_is_not_taken(authority: RunAuthority, shift: int, says: str) -> None:
    source, _sent = start_source(authority, OtherItems(shift))
    host = Host("h1", authority, [source], range(3), sink=WholeSink(), is_last=True, items=ITEMS, patience=0).start()
    with pytest.raises(ClusterError, match=says):
        host.wait()
    assert host.sink.items == {}


class Pipe:
    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes, /) -> None:
        self.data += bytes(data)

    def recv_into(self, buffer: memoryview, _nbytes: int = 0, /) -> int:
        count = min(len(buffer), len(self.data))
        buffer[:count] = self.data[:count]
        self.data = self.data[count:]
        return count


@pytest.mark.parametrize("sizes", [[1], [0, 1, 0], [4000] * 60, [SMALL_BYTES] * 3])
def test_a_frame_of_them_is_read_as_it_was_sent(sizes: list[int]) -> None:
    pipe = Pipe()
    pieces = [Piece(7 * number, size, 0, bytes([number]) * size) for number, size in enumerate(sizes)]
    assert send_whole(pipe, pieces) == sum(sizes)
    assert whole_items(FrameReader(pipe).read()) == pieces


def test_a_full_frame_is_no_larger_than_a_piece() -> None:
    for size in (1, 100, 3000, SMALL_BYTES):
        found, pipe = WholeItems(), Pipe()
        while found.has_room_for(size):
            found.add(Piece(len(found.pieces), size, 0, bytes(size)))
        assert len(found.pieces) in (frames.MOST_SMALL, PIECE_BYTES // (size + 8))
        send_whole(pipe, found.pieces)
        assert len(whole_items(FrameReader(pipe).read())) == len(found.pieces)
    assert not WholeItems().has_room_for(SMALL_BYTES + 1)


@pytest.mark.parametrize(
    ("count", "data"),
    [(1, b""), (2**31, b"x" * 100), (1, b"\0" * 8 + b"x"), (2, b"\0" * 8 + b"\0\0\0\1" * 2 + b"x"), (0, b"x")],
)
def test_a_damaged_frame_is_none(count: int, data: bytes) -> None:
    with pytest.raises(ValueError, match="a frame of whole items"):
        whole_items(Frame(WHOLE, count, len(data), data))


@pytest.mark.parametrize("items", [(), (0,), (0, 1, 2), (3, 4, 9, 10, 11, 40)])
def test_items_from_a_rank_on(items: tuple[int, ...]) -> None:
    ranges = ItemRanges(items)
    for rank in range(len(items) + 1):
        assert tuple(ranges.after(rank)) == items[rank:]
