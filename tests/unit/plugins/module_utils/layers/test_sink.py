# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, EngineError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_config
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_images
from ansible_collections.distrain.cluster.plugins.module_utils.image.prefix import (
    WantedImage,
    prefix_config,
    wanted_image,
)
from ansible_collections.distrain.cluster.plugins.module_utils.layers import holding as image_holding
from ansible_collections.distrain.cluster.plugins.module_utils.layers.holding import (
    RunLock,
    clean_leftovers,
    has_leftovers,
    held_layers,
)
from ansible_collections.distrain.cluster.plugins.module_utils.layers.sink import ImageSink
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import CONFIG, TestImage

IMAGE = TestImage()
NAME = "team/trainer:1"
LARGEST = max(map(len, IMAGE.layers))
SIZES: tuple[int | None, ...] = tuple(map(len, IMAGE.layers))
Host = tuple[FakeImageEngine, ImageSink]


def wanted(image: TestImage = IMAGE, sizes: tuple[int | None, ...] = SIZES) -> WantedImage:
    return WantedImage(NAME, identity_of_config(image.config_file), "amd64", sizes=sizes)


REPOSITORY = wanted().repository


@pytest.fixture(params=["classic", "containerd"])
def fake(request: pytest.FixtureRequest) -> FakeImageEngine:
    return FakeImageEngine(request.param)


@pytest.fixture
def sink(engine: EngineSocket, tmp_path: Path) -> Iterator[ImageSink]:
    sink = ImageSink(engine, wanted(), str(tmp_path / "locks"))
    yield sink
    sink.close()
    assert not list((tmp_path / "locks").iterdir())


def send(sink: ImageSink, index: int, image: TestImage = IMAGE) -> None:
    layer = image.layers[index]
    sink.begin(index, len(layer))
    for start in range(0, len(layer), 7000):
        sink.write(layer[start : start + 7000])
    sink.end()


def test_an_image_comes_layer_by_layer(fake: FakeImageEngine, sink: ImageSink) -> None:
    old = fake.hold(TestImage(layers=(b"old",)), NAME)
    sink.start(0, LARGEST)
    for index in range(3):
        if index == 2:
            sink.set_config(IMAGE.config_file)
            assert fake.names[NAME] == old
        send(sink, index)
    image = sink.finish()
    assert image.identity == wanted().identity
    assert fake.arrived == [1, 1, 1], "each archive carries one layer"
    assert {name for name in fake.names if name.startswith("distrain-prefix/")} == set()
    assert fake.names[NAME] == image.id
    assert sink.is_complete


def test_a_run_goes_on_where_one_was_cut(fake: FakeImageEngine, engine: EngineSocket, tmp_path: Path) -> None:
    locks = str(tmp_path / "locks")
    first = ImageSink(engine, wanted(), locks)
    first.start(0, LARGEST)
    send(first, 0)
    send(first, 1)
    first.begin(2, len(IMAGE.layers[2]))
    first.write(b"half")
    first.close()
    assert list(fake.names) == [f"{REPOSITORY}:2"]
    assert clean_leftovers(engine, [REPOSITORY], locks) == []
    assert held_layers(engine, wanted(), observe_images(engine)) == 2
    again = ImageSink(engine, wanted(), locks)
    again.start(2, LARGEST)
    again.set_config(IMAGE.config_file)
    send(again, 2)
    again.finish()
    again.close()
    assert list(fake.names) == [NAME]


def test_only_the_config_comes_where_all_layers_are_there(fake: FakeImageEngine, sink: ImageSink) -> None:
    fake.hold(TestImage(config={**CONFIG, "Env": ["A=1"]}), "other:1")
    sink.start(3)
    sink.set_config(IMAGE.config_file)
    assert sink.finish().identity == wanted().identity
    assert set(fake.names) == {NAME, "other:1"}
    assert set(fake.arrived) == {0}


def test_an_aborted_layer_comes_again(fake: FakeImageEngine, sink: ImageSink) -> None:
    sink.start(0, LARGEST)
    sink.begin(0, len(IMAGE.layers[0]))
    sink.write(IMAGE.layers[0][:1000])
    first = sink._layer().path
    sink.abort()
    assert fake.names == {}
    # Containerd would append to what has come under the same path.
    sink.begin(0, len(IMAGE.layers[0]))
    assert sink._layer().path != first
    sink.abort()
    for index in range(3):
        sink.set_config(IMAGE.config_file)
        send(sink, index)
    sink.finish()


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([("send", 1)], "Layer 1 came instead of layer 0"),
        ([("begin", 0, 10), ("write", b"a" * 11)], "longer than the 10 bytes"),
        ([("begin", 0, 10), ("write", b"a"), ("end",)], "Layer 0 has 1 of the 10 bytes"),
        ([("send", 0), ("finish",)], "Only 1 of the 3 layers have come"),
        ([("write", b"a")], "before its beginning"),
        ([("set_config", TestImage(layers=(b"x",)).config_file)], "is not that of its image"),
    ],
)
def test_what_does_not_fit(sink: ImageSink, steps: list[tuple[Any, ...]], words: str) -> None:
    sink.start(0, LARGEST)
    with pytest.raises(ClusterError, match=words):
        for verb, *arguments in steps:
            send(sink, *arguments) if verb == "send" else getattr(sink, verb)(*arguments)


def test_a_full_disk_leaves_the_engine_as_it_was(fake: FakeImageEngine, sink: ImageSink) -> None:
    old = fake.hold(TestImage(layers=(b"old",)), NAME)
    sink.start(0, LARGEST)
    send(sink, 0)
    send(sink, 1)
    sink.set_config(IMAGE.config_file)
    sink._settle()
    fake.load_error = "write /tmp/layer.tar: no space left on device"
    with pytest.raises(ClusterError, match=r"The disk of this host became full: .* are free at /.* of team/trainer:1"):
        send(sink, 2)
        sink.finish()
    assert fake.names == {NAME: old}


def test_another_failure_keeps_what_came(fake: FakeImageEngine, sink: ImageSink) -> None:
    sink.start(0, LARGEST)
    send(sink, 0)
    sink._settle()
    fake.load_error = "unexpected EOF"
    with pytest.raises(EngineError, match="unexpected EOF"):
        send(sink, 1)
        send(sink, 2)
    assert list(fake.names) == [f"{REPOSITORY}:1"]


def test_the_temporary_disk_is_no_more_than_that_of_the_largest_layer(sink: ImageSink) -> None:
    sink.start(0, LARGEST)
    send(sink, 0)
    assert sink.loaded == 0
    sink.begin(1, len(IMAGE.layers[1]))
    assert sink.loaded == 1, "both together are larger than the largest"
    sink.abort()
    sink._largest = 10 * LARGEST
    send(sink, 1)
    sink.begin(2, len(IMAGE.layers[2]))
    assert sink.loaded == 1


def test_layers_that_another_image_has(fake: FakeImageEngine, engine: EngineSocket) -> None:
    fake.hold(TestImage(layers=(*IMAGE.layers[:2], b"other")), "other:1")
    assert held_layers(engine, wanted(), observe_images(engine)) == 2
    assert set(fake.names) == {"other:1"}


def test_layers_that_another_image_has_compressed(fake: FakeImageEngine, engine: EngineSocket) -> None:
    fake.hold(TestImage(layers=(*IMAGE.layers[:2], b"other")), "other:1", compressed=True)
    assert held_layers(engine, wanted(), observe_images(engine)) == (2 if fake.store == "classic" else 0)
    assert set(fake.names) == {"other:1"}


def test_layers_whose_size_nobody_knows(fake: FakeImageEngine, engine: EngineSocket) -> None:
    fake.hold(TestImage(layers=(*IMAGE.layers[:2], b"other")), "other:1")
    unknown = wanted(sizes=(len(IMAGE.layers[0]), None, None))
    assert held_layers(engine, unknown, observe_images(engine)) == (2 if fake.store == "classic" else 1)


def test_layers_that_have_gone_meanwhile(fake: FakeImageEngine, sink: ImageSink) -> None:
    with pytest.raises(ClusterError, match="The lowest 2 layers of team/trainer:1 have gone"):
        sink.start(2, LARGEST)
    assert fake.names == {}


def test_leftovers_of_dead_runs(fake: FakeImageEngine, engine: EngineSocket, tmp_path: Path) -> None:
    fake.hold(IMAGE, NAME)
    for name in (f"{REPOSITORY}:9", f"{REPOSITORY}:10", "distrain-prefix/dead:1", "distrain-prefix/alive:1"):
        engine.tag(fake.names[NAME], name)
    alive = RunLock("distrain-prefix/alive", str(tmp_path))
    assert alive.take()
    (tmp_path / "dead.lock").touch()
    assert clean_leftovers(engine, [REPOSITORY], str(tmp_path)) == sorted([f"{REPOSITORY}:9", "distrain-prefix/dead:1"])
    assert set(fake.names) == {NAME, f"{REPOSITORY}:10", "distrain-prefix/alive:1"}
    assert [path.name for path in tmp_path.glob("*.lock")] == ["alive.lock"]
    alive.give_back()


def test_whether_there_is_anything_to_clean(fake: FakeImageEngine, engine: EngineSocket, tmp_path: Path) -> None:
    fake.hold(IMAGE, NAME)
    assert not has_leftovers(observe_images(engine), str(tmp_path / "absent"))
    (tmp_path / "dead.lock").touch()
    assert has_leftovers(observe_images(engine), str(tmp_path))
    engine.tag(NAME, f"{REPOSITORY}:1")
    assert has_leftovers(observe_images(engine), str(tmp_path / "absent"))


def test_a_run_waits_for_one_that_ends(sink: ImageSink, tmp_path: Path) -> None:
    ending = RunLock(wanted().repository, str(tmp_path / "locks"))
    assert ending.take()
    threading.Timer(0.3, ending.give_back).start()
    sink.start(0, LARGEST)


def test_two_deliveries_at_once(
    engine: EngineSocket, sink: ImageSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_holding, "LOCK_SECONDS", 0.0)
    sink.start(0, LARGEST)
    with pytest.raises(ClusterError, match="Another delivery of team/trainer:1 to this host is under way"):
        ImageSink(engine, wanted(), str(tmp_path / "locks")).start(0, LARGEST)


def test_a_wanted_image_travels() -> None:
    assert WantedImage.from_dict(wanted().to_dict()) == wanted()
    assert wanted_image(NAME, wanted().identity, IMAGE.inspected(NAME), SIZES) == wanted()
    variant = dataclasses.replace(wanted(), variant="v8")
    assert b'"variant":"v8"' in prefix_config(variant, 1)
    assert prefix_config(wanted(), 2) == prefix_config(wanted(), 2)
