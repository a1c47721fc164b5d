# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A layer that is sent while the engine still saves it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.layers import growing_file
from ansible_collections.distrain.cluster.plugins.module_utils.layers import spool as image_spool
from ansible_collections.distrain.cluster.plugins.module_utils.layers.growing_file import GrowingFile
from ansible_collections.distrain.cluster.plugins.module_utils.layers.source import LayerSource
from ansible_collections.distrain.cluster.plugins.module_utils.relay import server as relay_server
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import Piece, Request
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import Damaged, Restart, SourceProvider
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import served
from ansible_collections.distrain.cluster.tests.unit.support.image_spools import (
    IMAGE,
    holding_engine,
    source_of,
    spool_of,
)

# In the archive as in the image.
FIRST = 0


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (growing_file, relay_server):
        monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)


@pytest.fixture
def growing(tmp_path: Path) -> GrowingFile:
    (tmp_path / "layer").write_bytes(b"abcdef")
    return GrowingFile(tmp_path / "layer", 6)


def test_it_is_read_as_far_as_it_is_written(growing: GrowingFile) -> None:
    with growing.open() as reader:
        assert reader.read(4) is None
        growing.grow(3)
        assert [reader.read(2), reader.read(2), reader.read(2)] == [b"ab", b"c", None]
        reader.seek(1)
        assert reader.read(9) == b"bc"


def test_its_last_byte_comes_once_it_is_right(growing: GrowingFile) -> None:
    growing.grow(6)
    with growing.open() as reader:
        assert [reader.read(9), reader.read(9)] == [b"abcde", None]
        growing.end()
        growing.fail()
        assert [reader.read(9), reader.read(9)] == [b"f", b""]


def test_what_is_wrong_is_damaged(growing: GrowingFile) -> None:
    growing.grow(6)
    with growing.open() as reader:
        assert reader.read(2) == b"ab"
        growing.fail()
        with pytest.raises(Damaged):
            reader.read(2)


class SlowSave:
    """Lets the spool go on chunk by chunk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes] = lambda chunk: chunk) -> None:
        self.may_go_on = threading.Event()
        original = image_spool.uncompressed

        def slowly(first: bytes, rest: Any) -> Iterator[bytes]:
            content = b"".join(original(first, rest))
            yield content[:5000]
            self.may_go_on.wait(10)
            yield spoil(content[5000:])

        monkeypatch.setattr(image_spool, "uncompressed", slowly)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Callable[[], LayerSource]]:
    spools = []
    with served(holding_engine(), tmp_path) as docker_host:
        engine = EngineSocket(docker_host, timeout=5)

        def start() -> LayerSource:
            spools.append(spool_of(engine, tmp_path / "spool"))
            return source_of(spools[-1])

        yield start
        for spool in spools:
            spool.close()


def test_a_layer_is_sent_while_it_is_saved(
    source: Callable[[], LayerSource], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    save = SlowSave(monkeypatch)
    pieces = SourceProvider(source()).pieces(Request(ItemRanges([FIRST]), 0))
    came = next(piece for piece in pieces if piece is not None)
    assert isinstance(came, Piece)
    assert (came.size, came.data) == (len(IMAGE.layers[FIRST]), IMAGE.layers[FIRST][:5000])
    assert not [path for path in (tmp_path / "spool").iterdir() if not path.name.startswith((".part-", ".distrain"))]
    save.may_go_on.set()
    rest = [piece.data for piece in pieces if isinstance(piece, Piece)]
    assert came.data + b"".join(rest) == IMAGE.layers[FIRST]


def test_one_that_begins_later_gets_the_rest(
    source: Callable[[], LayerSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    save = SlowSave(monkeypatch)
    pieces = SourceProvider(source()).pieces(Request(ItemRanges([FIRST]), 6000))
    assert next(pieces) is None
    save.may_go_on.set()
    rest = [piece.data for piece in pieces if isinstance(piece, Piece)]
    assert b"".join(rest) == IMAGE.layers[FIRST][6000:]


def test_one_that_turns_out_to_be_wrong_is_never_sent_whole(
    source: Callable[[], LayerSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    save = SlowSave(monkeypatch, lambda chunk: bytes(len(chunk)))
    save.may_go_on.set()
    came: list[Any] = []
    with pytest.raises(ClusterError, match="could not be saved: its archive lacks the layer"):
        came.extend(SourceProvider(source()).pieces(Request(ItemRanges([FIRST]), 0)))
    sent = [piece for piece in came if isinstance(piece, Piece)]
    assert not any(piece.is_last for piece in sent)


def test_a_damaged_item_is_begun_again_until_it_is_right() -> None:
    class Flaky:
        def __init__(self) -> None:
            self.opened = 0

        def open_item(self, item: int, timeout: float) -> Any:
            self.opened += 1
            growing = GrowingFile(Path("/dev/null"), 3)
            if self.opened < 3:
                growing.fail()
            return 3, growing.open()

    flaky = Flaky()
    provided = SourceProvider(flaky).pieces(Request(ItemRanges([0]), 0))
    assert [next(provided), next(provided)] == [Restart(0), Restart(0)]
    assert flaky.opened == 2
