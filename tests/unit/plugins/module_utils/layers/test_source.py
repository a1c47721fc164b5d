# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Layers are read where the engine keeps them, and the engine saves what cannot be read there."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage
from ansible_collections.distrain.cluster.plugins.module_utils.layers import spool as image_spool
from ansible_collections.distrain.cluster.plugins.module_utils.layers.content_store import ContentStoreImage
from ansible_collections.distrain.cluster.plugins.module_utils.layers.directory import SpoolDirectory
from ansible_collections.distrain.cluster.plugins.module_utils.layers.overlay2 import Overlay2Image
from ansible_collections.distrain.cluster.plugins.module_utils.layers.source import LayerSource
from ansible_collections.distrain.cluster.plugins.module_utils.layers.spool import ImageSpool
from ansible_collections.distrain.cluster.plugins.module_utils.layers.stored import StoredImage
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import Request
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import Restart, SourceProvider
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage, oci_archive, sha256
from ansible_collections.distrain.cluster.tests.unit.support.stored_images import (
    CONTENT,
    keep_in_content_store,
    keep_in_overlay2,
    layer,
)

IMAGE = TestImage(layers=tuple(layer({"a": bytes([place]) * 9000}) for place in range(3)))
NAME = "team/trainer:1"
OVERLAY2 = (keep_in_overlay2, Overlay2Image)


@pytest.fixture
def fake() -> FakeImageEngine:
    fake = FakeImageEngine()
    fake.hold(IMAGE, NAME)
    fake.saved = oci_archive(IMAGE, NAME)
    return fake


class Sending:
    """A source, what it said, and what a receiver has and had to begin again."""

    def __init__(self, engine: EngineSocket, path: Path, held: HeldImage, find: Callable[[], StoredImage]) -> None:
        self.said: list[str] = []
        self.received: dict[int, bytes] = {}
        self.restarted: list[int] = []
        directory = SpoolDirectory(str(path))
        spool = ImageSpool(engine, directory, NAME, held, "classic")
        self.source = LayerSource(find, spool, directory, held, self.said.append)

    def send(self, first: int = 0) -> Sending:
        self.source.start(IMAGE.diff_ids[first:])
        for piece in SourceProvider(self.source).pieces(Request(ItemRanges(range(first, 3)), 0)):
            if isinstance(piece, Restart):
                self.restarted.append(piece.item)
                self.received.pop(piece.item, None)
            elif piece:
                self.received[piece.item] = self.received.get(piece.item, b"") + piece.data
        return self


@pytest.fixture
def sending(engine: EngineSocket, tmp_path: Path) -> Iterator[Callable[..., Sending]]:
    sources = []

    def make(keep: Any = keep_in_overlay2, read: Any = Overlay2Image, **more: Any) -> Sending:
        held = keep(tmp_path, IMAGE, **more)
        sources.append(Sending(engine, tmp_path / "spool", held, lambda: read(str(tmp_path), held)))
        return sources[-1]

    yield make
    for one in sources:
        one.source.close()


@pytest.mark.parametrize("kept", [OVERLAY2, (keep_in_content_store, ContentStoreImage)])
def test_nothing_is_saved_and_nothing_written(
    fake: FakeImageEngine, sending: Callable[..., Sending], tmp_path: Path, kept: tuple[Any, Any]
) -> None:
    one = sending(*kept).send(first=1)
    assert one.received == {place: IMAGE.layers[place] for place in (1, 2)}
    assert (one.said, one.restarted, fake.saves) == ([], [], 0)
    assert one.source.wait_for_config() == IMAGE.config_file
    one.source.close()
    assert not (tmp_path / "spool").exists()


def test_the_size_of_a_packed_layer_is_found_once(
    sending: Callable[..., Sending], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = []
    original = ContentStoreImage.size
    monkeypatch.setattr(ContentStoreImage, "size", lambda *given: unpacked.append(1) or original(*given))
    for _round in range(2):
        one = sending(keep_in_content_store, ContentStoreImage, pack=gzip.compress).send()
        assert one.received == dict(enumerate(IMAGE.layers))
        one.source.close()
    assert len(unpacked) == 3
    assert sorted(path.name for path in (tmp_path / "spool").iterdir()) == [".distrain-spool", "index.json"]


def spoil_content(root: Path) -> None:
    (root / f"overlay2/{1:064x}/diff/a").write_bytes(b"x" * 9000)


def lose_tar_split(root: Path) -> None:
    for path in root.glob("image/overlay2/layerdb/sha256/*/tar-split.json.gz"):
        path.unlink()


def cut_tar_splits(root: Path) -> None:
    for path in root.glob("image/overlay2/layerdb/sha256/*/tar-split.json.gz"):
        path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("spoil", "restarted", "spooled", "said"),
    [
        (spoil_content, [1], 2, f"layer {IMAGE.diff_ids[1]} is not read from .* any more, since its digest is sha256:"),
        (lambda root: (root / f"overlay2/{1:064x}/diff/a").unlink(), [1], 2, r"since No such file .* \(a\)"),
        (lambda root: (root / f"overlay2/{2:064x}/diff/a").unlink(), [2], 1, f"layer {IMAGE.diff_ids[2]} is not read"),
        (lose_tar_split, [], 3, f"the layers are not read from .*, since layer {IMAGE.diff_ids[0]} cannot be read: No"),
        (cut_tar_splits, [], 3, f"layer {IMAGE.diff_ids[0]} is not read from .* is damaged"),
        (lambda root: next(root.glob("image/overlay2/imagedb/*/*/*")).write_bytes(b"{}"), [], 3, "config .* another"),
    ],
)
def test_the_engine_saves_what_cannot_be_read(
    fake: FakeImageEngine,
    sending: Callable[..., Sending],
    tmp_path: Path,
    spoil: Callable[[Path], object],
    restarted: list[int],
    spooled: int,
    said: str,
) -> None:
    one = sending()
    spoil(tmp_path)
    one.send()
    assert one.received == dict(enumerate(IMAGE.layers))
    assert (one.restarted, fake.saves, len(one.said)) == (restarted, 1, 1)
    assert one.source.wait_for_config() == IMAGE.config_file
    assert re.search(said, one.said[0])
    assert one.said[0].endswith("; the engine saves what is to be sent into the spool")
    assert len([path for path in (tmp_path / "spool").iterdir() if len(path.name) == 64]) == spooled


def test_an_error_that_nobody_foresaw(sending: Callable[..., Sending], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> int:
        raise zlib.error("anything")

    monkeypatch.setattr(Overlay2Image, "known_size", fail)
    one = sending().send()
    assert one.received == dict(enumerate(IMAGE.layers))
    assert "an unexpected error, error: anything (test_source.py, line" in one.said[0]


def test_a_full_disk_ends_what_the_engine_would_save(
    sending: Callable[..., Sending], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ClusterError("The disk of this host is too small.")

    monkeypatch.setattr(image_spool, "refuse_small_disk", refuse)
    one = sending()
    spoil_content(tmp_path)
    with pytest.raises(ClusterError, match="too small"):
        one.send()
    assert one.received[0] == IMAGE.layers[0]
    assert len(one.received.get(1, b"")) < len(IMAGE.layers[1])


def test_a_layer_that_has_gone_is_never_sent_with_other_bytes(
    fake: FakeImageEngine, sending: Callable[..., Sending], tmp_path: Path
) -> None:
    fake.saved = oci_archive(TestImage(layers=IMAGE.layers[:1]), NAME)
    one = sending(keep_in_content_store, ContentStoreImage)
    one.source.start(IMAGE.diff_ids)
    (tmp_path / CONTENT / sha256(IMAGE.layers[1])).unlink()
    with pytest.raises(ClusterError, match="could not be saved: its archive lacks the layer"):
        one.send()
    assert set(one.received) == {0}
