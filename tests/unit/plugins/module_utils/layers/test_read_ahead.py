# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A layer that is read ahead of its reader and checked meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.layers import read_ahead
from ansible_collections.distrain.cluster.plugins.module_utils.layers.read_ahead import ReadAhead
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import Piece, Request
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import Damaged, Restart, SourceProvider
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import sha256
from ansible_collections.distrain.cluster.tests.unit.support.waiting import wait_until

CHUNKS = (b"abcd", b"efgh", b"ij")
DIGEST = f"sha256:{sha256(b'abcdefghij')}"


class Judge:
    """Notes what is found, and turns what is wrong into Damaged, as the source does."""

    def __init__(self) -> None:
        self.found: list[Exception | None] = []

    def __call__(self, error: Exception | None) -> None:
        self.found.append(error)
        if error:
            raise Damaged


def given(*chunks: bytes | Exception) -> Generator[bytes, None, None]:
    for chunk in chunks:
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk


def read_all(file: ReadAhead, offset: int = 0, size: int = 3) -> bytes:
    read = b""
    with file:
        file.seek(offset)
        while data := file.read(size):
            read += data
    return read


@pytest.mark.parametrize("offset", [0, 1, 4, 9, 10])
def test_what_is_right_is_read_from_any_place(offset: int) -> None:
    judge = Judge()
    assert read_all(ReadAhead(given(*CHUNKS), 10, DIGEST, judge), offset) == b"abcdefghij"[offset:]
    assert judge.found == [None]


def test_an_empty_one() -> None:
    judge = Judge()
    assert read_all(ReadAhead(given(), 0, f"sha256:{sha256(b'')}", judge)) == b""
    assert judge.found == [None]


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        ((b"abcd", b"efgh", b"ix"), "its digest is sha256:"),
        ((b"abcd", b"efgh", b"i"), "it has 9 of its 10 bytes"),
        ((b"abcd", b"efgh", b"ijk"), "it is longer than 10 bytes"),
        ((b"abcd", b"efgh", OSError("no disk")), "no disk"),
        ((), "it has 0 of its 10 bytes"),
    ],
)
@pytest.mark.parametrize("offset", [0, 5])
def test_the_end_of_what_is_wrong_is_not_handed_out(
    chunks: tuple[bytes | Exception, ...], why: str, offset: int
) -> None:
    judge = Judge()
    read = b""
    with ReadAhead(given(*chunks), 10, DIGEST, judge) as file:
        file.seek(offset)
        with pytest.raises(Damaged):
            while data := file.read(3):
                read += data
    assert len(read) + offset < 10
    assert str(judge.found[0]).startswith(why)


def test_nothing_is_read_much_further_than_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "WAIT_SECONDS", 0.05)
    taken, closed = [], threading.Event()

    def endless() -> Generator[bytes, None, None]:
        try:
            while True:
                taken.append(1)
                yield b"x" * 10
        finally:
            closed.set()

    judge = Judge()
    with ReadAhead(endless(), 10**9, DIGEST, judge) as file:
        file.seek(0)
        assert file.read(4) == b"xxxx"
        wait_until(lambda: len(taken) > read_ahead._AHEAD_CHUNKS)
        assert not closed.wait(0.2)
        assert len(taken) < read_ahead._AHEAD_CHUNKS + 5
    assert closed.wait(5), "the end of the reader ends the reading"
    assert judge.found == [], "what was not read whole is not judged"


def test_nothing_ready_is_said_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "WAIT_SECONDS", 0.05)
    go_on = threading.Event()

    def slow() -> Generator[bytes, None, None]:
        go_on.wait(5)
        yield from CHUNKS

    with ReadAhead(slow(), 10, DIGEST, Judge()) as file:
        file.seek(0)
        assert file.read(4) is None
        go_on.set()
        wait_until(lambda: file.read(4) == b"abcd")


def test_pieces_of_a_damaged_item_end_with_a_restart() -> None:
    class Source:
        def __init__(self) -> None:
            self.opened = 0

        def open_item(self, _item: int, _timeout: float) -> tuple[int, ReadAhead]:
            self.opened += 1
            data = b"wrong" if self.opened == 1 else b"right"
            return 5, ReadAhead(given(data), 5, f"sha256:{sha256(b'right')}", Judge())

    found = list(SourceProvider(Source()).pieces(Request(ItemRanges([0]))))  # type: ignore[arg-type]
    assert found == [Restart(0), Piece(0, 5, 0, b"right")]
