# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A layer that rotted in the spool between two runs: named, saved again, and sent as it should be."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.layers.checked_file import CheckedFile
from ansible_collections.distrain.cluster.plugins.module_utils.layers.spool import ImageSpool
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import Piece, Request
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import Damaged, Restart, SourceProvider
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import sha256
from ansible_collections.distrain.cluster.tests.unit.support.image_spools import (
    IMAGE,
    holding_engine,
    source_of,
    spool_of,
)

Judgements = list[tuple[str, bool]]


@pytest.fixture
def fake() -> FakeImageEngine:
    return holding_engine()


def start_spool(engine: EngineSocket, path: Path) -> ImageSpool:
    spool = spool_of(engine, path)
    spool.start(IMAGE.diff_ids)
    return spool


def send(spool: ImageSpool, offset: int = 0) -> tuple[dict[int, bytes], list[int], list[str]]:
    """What a receiver has afterwards, which items were begun again, and what was said."""
    said: list[str] = []
    received: dict[int, bytes] = {}
    restarted: list[int] = []
    items = tuple(range(len(IMAGE.layers)))
    for piece in SourceProvider(source_of(spool, said)).pieces(Request(items, offset)):
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
    spool = start_spool(engine, path)
    assert send(spool) == (dict(enumerate(IMAGE.layers)), [], [])
    spool.close()
    layer = path / sha256(IMAGE.layers[1])
    layer.write_bytes(spoil(IMAGE.layers[1]))  # type: ignore[operator]

    spool = start_spool(engine, path)
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
        spool = start_spool(engine, tmp_path / "spool")
        assert send(spool) == (dict(enumerate(IMAGE.layers)), [], [])
        spool.close()
    assert fake.saves == 1


def test_who_resumes_gets_the_rest_and_the_next_from_the_start_finds_it(
    fake: FakeImageEngine, engine: EngineSocket, tmp_path: Path
) -> None:
    spool = start_spool(engine, tmp_path / "spool")
    send(spool)
    spool.close()
    (tmp_path / "spool" / sha256(IMAGE.layers[0])).write_bytes(b"x" + IMAGE.layers[0][1:])
    spool = start_spool(engine, tmp_path / "spool")
    assert send(spool, offset=10)[1:] == ([], [])
    assert send(spool)[1] == [0]
    assert send(spool)[1] == []
    spool.close()
    assert fake.saves == 2


@pytest.mark.parametrize(
    ("data", "offset", "expected"),
    [
        (b"right", 0, [(f"sha256:{sha256(b'right')}", True)]),
        (b"right", 2, []),
        (b"", 0, [(f"sha256:{sha256(b'')}", True)]),
    ],
)
def test_a_checked_file_judges_what_it_has_read_whole(data: bytes, offset: int, expected: Judgements) -> None:
    judged: Judgements = []
    digest = f"sha256:{sha256(data)}"
    with CheckedFile(io.BytesIO(data), len(data), digest, lambda *found: judged.append(found)) as file:
        file.seek(offset)
        while file.read(2):
            if file._read >= len(data):
                break
        assert judged == expected


def test_the_end_of_a_damaged_file_is_not_handed_out() -> None:
    judged: Judgements = []
    with CheckedFile(io.BytesIO(b"wrong"), 5, "sha256:0", lambda *found: judged.append(found)) as file:
        file.seek(0)
        assert file.read(3) == b"wro"
        with pytest.raises(Damaged):
            file.read(3)
    assert judged == [("sha256:0", False)]


def test_pieces_of_a_damaged_item_end_with_a_restart() -> None:
    class Source:
        def __init__(self) -> None:
            self.opened = 0

        def open_item(self, _item: int, _timeout: float) -> tuple[int, CheckedFile]:
            self.opened += 1
            data = b"wrong" if self.opened == 1 else b"right"
            return 5, CheckedFile(io.BytesIO(data), 5, f"sha256:{sha256(b'right')}", lambda *_: None)

    found = list(SourceProvider(Source()).pieces(Request((0,))))  # type: ignore[arg-type]
    assert found == [Restart(0), Piece(0, 5, 0, b"right")]
