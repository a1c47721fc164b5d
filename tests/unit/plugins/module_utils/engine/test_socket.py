# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import (
    ClusterError,
    EngineError,
    EngineUnavailable,
)
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.engine.stream import is_full_disk, loaded, messages_in
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_images
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage, oci_archive

IMAGE = TestImage()
NAME = "team/trainer:1"


@pytest.fixture
def fake() -> FakeImageEngine:
    return FakeImageEngine()


def test_images_are_seen_as_the_sdk_sees_them(fake: FakeImageEngine, engine: EngineSocket) -> None:
    fake.hold(IMAGE, NAME)
    host = observe_images(engine)
    image = host.named(NAME)
    assert (host.store, host.root_directory) == ("classic", "/")
    assert image is not None
    assert (image.id, list(image.identity.diff_ids)) == (IMAGE.id, IMAGE.diff_ids)
    assert engine.image("other:1") is None
    assert engine.image_names() == [NAME]


def test_a_name_comes_and_goes(fake: FakeImageEngine, engine: EngineSocket) -> None:
    fake.hold(IMAGE, NAME)
    engine.tag(IMAGE.id, "registry.example:5000/team/other:2")
    assert engine.image_names() == ["registry.example:5000/team/other:2", NAME]
    engine.remove("registry.example:5000/team/other:2")
    engine.remove("registry.example:5000/team/other:2")
    assert engine.image_names() == [NAME]


def test_what_is_saved_comes_as_a_stream(fake: FakeImageEngine, engine: EngineSocket) -> None:
    fake.saved = oci_archive(IMAGE, NAME)
    with engine.save(NAME, 100) as stream:
        assert stream.read(10) == fake.saved[:10]
    with engine.save(NAME, 100) as stream:
        assert stream.read() == fake.saved


def test_what_is_loaded_goes_as_it_comes(fake: FakeImageEngine, engine: EngineSocket) -> None:
    archive = oci_archive(IMAGE, NAME)
    request = engine.load(len(archive))
    for start in range(0, len(archive), 1000):
        request.write(archive[start : start + 1000])
    assert not request.has_answered()
    request.end()
    assert request.answer() == [f"Loaded image: {NAME}"]
    assert fake.names == {NAME: IMAGE.id}


def test_an_aborted_load_leaves_nothing(fake: FakeImageEngine, engine: EngineSocket) -> None:
    request = engine.load(100)
    request.write(oci_archive(IMAGE, NAME))
    request.abort()
    engine.info()
    assert fake.names == {}


def test_a_failed_load_says_why(fake: FakeImageEngine, engine: EngineSocket) -> None:
    fake.load_error = "write /x: no space left on device"
    request = engine.load(100)
    request.write(oci_archive(IMAGE, NAME))
    request.end()
    with pytest.raises(EngineError, match="could not load the archive: write /x: no space left on device"):
        request.answer()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"errorDetail": {"message": "bad"}, "error": "bad"}', "bad"),
        (b'{"error": "worse"}', "worse"),
        (b'{"stream": "Error unpacking image a:1: gone\\n"}', "Error unpacking image a:1"),
        (b'{"stream": "Loaded\\ncontent digest sha256:1: not found\\n"}', "content digest"),
    ],
)
def test_failures_inside_a_success(body: bytes, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        loaded(messages_in(body))


def test_a_success() -> None:
    assert loaded(messages_in(b'{"stream":"Loaded image: a:1\\n"}\r\n\r\n{"status":"x"}\n')) == ["Loaded image: a:1"]


@pytest.mark.parametrize(
    ("message", "is_full"),
    [
        ("write /layer.tar: no space left on device", True),
        ("write /layer.tar: disk quota exceeded", True),
        ("invalid diffID", False),
    ],
)
def test_full_disk(message: str, is_full: bool) -> None:
    assert is_full_disk(message) is is_full


def test_no_engine(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"No Docker engine answers at .*none: No such file"):
        EngineSocket(f"unix://{tmp_path}/none").info()
    with pytest.raises(EngineUnavailable):
        EngineSocket(f"unix://{tmp_path}/none").load(1)
    with pytest.raises(ClusterError, match="Give the option docker_host as unix:///PATH"):
        EngineSocket("tcp://engine:2375")
