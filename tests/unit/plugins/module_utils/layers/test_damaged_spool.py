# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A layer that rotted in the spool between two runs: named, saved again, and sent as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.layers.spool import ImageSpool
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import Request
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import Restart, SourceProvider
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import sha256
from ansible_collections.distrain.cluster.tests.unit.support.image_spools import (
    IMAGE,
    holding_engine,
    source_of,
    spool_of,
)


@pytest.fixture
def fake() -> FakeImageEngine:
    return holding_engine()


def send(spool: ImageSpool, offset: int = 0) -> tuple[dict[int, bytes], list[int], list[str]]:
    """What a receiver has afterwards, which items were begun again, and what was said."""
    said: list[str] = []
    received: dict[int, bytes] = {}
    restarted: list[int] = []
    items = tuple(range(len(IMAGE.layers)))
    for piece in SourceProvider(source_of(spool, said)).pieces(Request(ItemRanges(items), offset)):
        if isinstance(piece, Restart):
            restarted.append(piece.item)
            received.pop(piece.item, None)
        elif piece:
            received[piece.item] = received.get(piece.item, b"") + piece.data
    # No receiver is done without it, and the archive has it behind the layers.
    spool.wait_for_config()
    return received, restarted, said


@pytest.mark.parametrize("spoil", [lambda data: b"x" + data[1:], lambda data: data[:100], lambda data: b""])
def test_a_damaged_layer_is_named_saved_again_and_sent(
    fake: FakeImageEngine, engine: EngineSocket, tmp_path: Path, spoil: object
) -> None:
    path = tmp_path / "spool"
    spool = spool_of(engine, path)
    assert send(spool) == (dict(enumerate(IMAGE.layers)), [], [])
    spool.close()
    layer = path / sha256(IMAGE.layers[1])
    layer.write_bytes(spoil(IMAGE.layers[1]))  # type: ignore[operator]

    spool = spool_of(engine, path)
    received, restarted, said = send(spool)
    spool.close()
    assert received.get(1, b"") == IMAGE.layers[1]
    assert received == dict(enumerate(IMAGE.layers))
    assert restarted == [1]
    assert said == [f"the spool's copy of layer {IMAGE.diff_ids[1]} was damaged; saving it again"]
    assert layer.read_bytes() == IMAGE.layers[1]
    assert fake.saves == 2


def test_sound_layers_are_not_saved_again(fake: FakeImageEngine, engine: EngineSocket, tmp_path: Path) -> None:
    for _round in range(2):
        spool = spool_of(engine, tmp_path / "spool")
        assert send(spool) == (dict(enumerate(IMAGE.layers)), [], [])
        spool.close()
    assert fake.saves == 1


def test_one_who_resumes_finds_the_damage_too(fake: FakeImageEngine, engine: EngineSocket, tmp_path: Path) -> None:
    spool = spool_of(engine, tmp_path / "spool")
    send(spool)
    spool.close()
    (tmp_path / "spool" / sha256(IMAGE.layers[0])).write_bytes(b"x" + IMAGE.layers[0][1:])
    spool = spool_of(engine, tmp_path / "spool")
    assert send(spool, offset=10)[:2] == (dict(enumerate(IMAGE.layers)), [0])
    spool.close()
    assert fake.saves == 2
