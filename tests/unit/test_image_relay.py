# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The config of an image and the sink that waits for it, whichever comes first; and what an engine is asked."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils import image_relay
from ansible_collections.distrain.cluster.plugins.module_utils.image_relay import ImageKind, RunEngine
from fake_image_engine import FakeImageEngine, served
from image_archives import TestImage

CONFIG = {"config": base64.b64encode(b"{}").decode()}
SINK = {"wanted": {}, "first": 0, "largest": 1}


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> ImageKind:
    wanted = SimpleNamespace(identity=SimpleNamespace(diff_ids=["sha256:1"]))
    monkeypatch.setattr(image_relay, "WantedImage", SimpleNamespace(from_dict=lambda found: wanted))
    monkeypatch.setattr(image_relay, "ImageSink", mock.Mock())
    arguments = {
        "name": "team/trainer:1",
        "docker_host": "unix:///nowhere",
        "engine_timeout": 1,
        "spool_directory": str(tmp_path),
        "spool_limit": 1,
    }
    return ImageKind(arguments, lambda event: None)


@pytest.mark.parametrize("order", [("tell", "sink"), ("sink", "tell")])
def test_the_sink_gets_the_config(kind: ImageKind, order: tuple[str, str]) -> None:
    answers = {verb: getattr(kind, verb)({"tell": CONFIG, "sink": SINK}[verb]) for verb in order}
    answers["sink"].begin(0, 1)
    answers["sink"].end()
    answers["sink"].finish()
    image_relay.ImageSink.return_value.set_config.assert_called_once_with(b"{}")  # type: ignore[attr-defined]


def test_an_engine_says_what_it_is_once_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(FakeImageEngine, "info", property(lambda self: asked.append(1) or {"DockerRootDir": "/"}))
    fake = FakeImageEngine()
    fake.hold(TestImage(), "team/trainer:1")
    with served(fake, tmp_path) as docker_host:
        engine = RunEngine(docker_host, 5)
        assert [engine.images().root_directory, engine.info()["DockerRootDir"]] == ["/", "/"]
        fake.hold(TestImage(), "team/trainer:2")
        assert engine.images().named("team/trainer:2"), "what the host holds is asked anew"
    assert asked == [1]
