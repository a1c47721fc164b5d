# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run that is cut within an item, and the next one, which goes on from there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.layers.directory import owned_spool
from ansible_collections.distrain.cluster.plugins.module_utils.relay import unfinished as unfinished_items
from ansible_collections.distrain.cluster.plugins.module_utils.relay.client import Peer
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import PIECE_BYTES, Piece
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.unfinished import UnfinishedItems
from ansible_collections.distrain.cluster.plugins.module_utils.relay.window import Window
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.relay_hosts import (
    Host,
    MemorySink,
    MemorySource,
    deliver,
    start_source,
)
from ansible_collections.distrain.cluster.tests.unit.support.waiting import wait_until

ITEMS = [os.urandom(size) for size in (1_000_000, 5_000_000, 400_000)]
DIGESTS = [hashlib.sha256(item).hexdigest() for item in ITEMS]
MUCH = 3_500_000


@pytest.fixture(autouse=True)
def _small_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished_items, "_RESERVE_BYTES", 0)


@pytest.fixture
def authority() -> RunAuthority:
    return RunAuthority()


def start(authority: RunAuthority, piece_pause: float = 0.0) -> tuple[Peer, list[int]]:
    return start_source(authority, MemorySource(ITEMS, piece_pause))


def receiver(authority: RunAuthority, peer: Peer, kept: Path, receives: Sequence[int] = (0, 1, 2), **more: Any) -> Host:
    unfinished = UnfinishedItems(owned_spool(str(kept)))
    return Host("h1", authority, [peer], receives, is_last=True, items=ITEMS, unfinished=unfinished, **more)


def cut_run(authority: RunAuthority, kept: Path, **more: Any) -> int:
    """One that is stopped when much of the second item has come; returns how much of it that was."""
    peer, _sent = start(authority, piece_pause=0.02)
    host = receiver(authority, peer, kept, **more).start()
    wait_until(lambda: host.figures()["bytes"] >= MUCH)
    host.transfer.stop()
    assert host.figures()["items"] == 1
    return host.figures()["bytes"] - len(ITEMS[0])


def kept_files(kept: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in kept.glob("*") if path.name != ".distrain-spool"}


def test_the_next_run_goes_on_within_the_item(authority: RunAuthority, tmp_path: Path) -> None:
    came = cut_run(authority, tmp_path)
    ((name, content),) = kept_files(tmp_path).items()
    assert name == f".begun-{DIGESTS[1]}-{len(ITEMS[1])}"
    assert ITEMS[1].startswith(content)
    assert came - PIECE_BYTES <= len(content) <= came
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600

    peer, sent = start(authority)
    host = receiver(authority, peer, tmp_path, receives=(1, 2)).start()
    host.wait()
    assert host.sink.items == {1: ITEMS[1], 2: ITEMS[2]}
    missing = len(ITEMS[1]) + len(ITEMS[2]) - len(content)
    assert (sum(sent), host.figures()["bytes"], host.figures()["again"]) == (missing, missing, 0)
    assert kept_files(tmp_path) == {}


def test_a_run_that_is_cut_twice_keeps_what_both_had(authority: RunAuthority, tmp_path: Path) -> None:
    cut_run(authority, tmp_path)
    (before,) = kept_files(tmp_path).values()
    peer, _sent = start(authority, piece_pause=0.02)
    host = receiver(authority, peer, tmp_path, receives=(1, 2)).start()
    wait_until(lambda: host.figures()["bytes"] >= 500_000)
    host.transfer.stop()
    (after,) = kept_files(tmp_path).values()
    assert ITEMS[1].startswith(after)
    assert len(after) > len(before)


def test_those_behind_it_get_all(authority: RunAuthority, tmp_path: Path) -> None:
    cut_run(authority, tmp_path)
    peer, sent = start(authority)
    first = Host("h1", authority, [peer], [1, 2], items=ITEMS, unfinished=UnfinishedItems(owned_spool(str(tmp_path))))
    second = Host("h2", authority, [first.peer(), peer], [1, 2], is_last=True, items=ITEMS)
    deliver(first, second)
    for host in (first, second):
        assert host.sink.items == {1: ITEMS[1], 2: ITEMS[2]}
    assert sum(sent) < len(ITEMS[1]) + len(ITEMS[2])
    assert second.figures()["from_hosts"] == {"h1": len(ITEMS[1]) + len(ITEMS[2])}


@pytest.mark.parametrize(
    ("size", "content"),
    [
        (len(ITEMS[1]), b"x" * 1_000_000),  # other bytes
        (len(ITEMS[1]) + 1, ITEMS[1][:1_000_000]),  # another size
        (1_000_000, ITEMS[1][:1_000_000]),  # it claims to be whole
        (len(ITEMS[1]), b""),
    ],
)
def test_what_is_wrong_is_thrown_away_and_nobody_is_blamed(
    authority: RunAuthority, tmp_path: Path, size: int, content: bytes
) -> None:
    UnfinishedItems(owned_spool(str(tmp_path))).keep(DIGESTS[1], size, [content])
    peer, _sent = start(authority)
    host = receiver(authority, peer, tmp_path, receives=(1, 2)).start()
    host.wait()
    assert host.sink.items == {1: ITEMS[1], 2: ITEMS[2]}
    assert host.figures()["refused"] == []
    assert kept_files(tmp_path) == {}


def test_what_is_kept_of_another_item_goes(authority: RunAuthority, tmp_path: Path) -> None:
    UnfinishedItems(owned_spool(str(tmp_path))).keep("0" * 64, 2_000_000, [b"x"])
    peer, sent = start(authority)
    receiver(authority, peer, tmp_path).start().wait()
    assert sum(sent) == sum(map(len, ITEMS))
    assert kept_files(tmp_path) == {}


def test_a_host_whose_engine_fails_keeps_nothing(authority: RunAuthority, tmp_path: Path) -> None:
    class FullSink(MemorySink):
        def write(self, data: bytes) -> None:
            super().write(data)
            if len(self._data) > 2_000_000:
                raise OSError("no space left on device")

    peer, _sent = start(authority)
    host = receiver(authority, peer, tmp_path, sink=FullSink()).start()
    assert host.transfer.wait(20)
    host.transfer.stop()
    assert kept_files(tmp_path) == {}


def test_what_a_host_only_passes_on_is_not_kept(authority: RunAuthority, tmp_path: Path) -> None:
    cut_run(authority, tmp_path, keeps=[0])
    assert kept_files(tmp_path) == {}


def test_a_full_disk_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished_items, "free_bytes", lambda directory: 10)
    kept = UnfinishedItems(owned_spool(str(tmp_path / "spool")))
    kept.keep("0" * 64, 11, [b"x"])
    assert not kept.is_any()
    kept.keep("0" * 64, 10, [b"x"])
    assert kept.is_any()


def test_the_directory_goes_with_what_was_in_it_alone(tmp_path: Path) -> None:
    own, spool = tmp_path / "own", tmp_path / "spool"
    for directory in (own, spool):
        UnfinishedItems(owned_spool(str(directory))).keep(DIGESTS[0], 100, [b"begun"])
    (spool / DIGESTS[1]).write_bytes(b"a layer")
    for directory in (own, spool):
        UnfinishedItems(owned_spool(str(directory))).clear()
    assert not own.exists()
    assert sorted(path.name for path in spool.iterdir()) == sorted([".distrain-spool", DIGESTS[1]])


def test_a_directory_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    kept = UnfinishedItems(owned_spool(str(tmp_path / "absent")))
    assert not kept.is_any()
    assert kept.take("0" * 64) is None


def test_a_window_shows_what_is_unfinished_where_it_has_the_beginning() -> None:
    window = Window(ItemRanges([0, 1]), 100)
    reader = window.open_first()
    assert window.unfinished() == []
    window.append(Piece(0, 4, 0, b"abcd"))
    assert window.unfinished() == []
    pieces = [Piece(1, 300, 60 * number, b"x" * 60) for number in range(4)]
    for piece in pieces[:2]:
        window.append(piece)
    assert window.unfinished() == pieces[:2]
    while reader.next_pieces(0):
        continue
    window.append(pieces[2])
    window.append(pieces[3])
    assert window.unfinished() == [], "its beginning had to make room"
    window.break_off()
    assert window.unfinished() == []
