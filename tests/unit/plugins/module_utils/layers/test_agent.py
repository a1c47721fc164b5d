# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The config of an image and the sink that waits for it, whichever comes first; and what an engine is asked."""

from __future__ import annotations

import base64
import queue
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_config
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_images
from ansible_collections.distrain.cluster.plugins.module_utils.layers import agent as image_relay
from ansible_collections.distrain.cluster.plugins.module_utils.layers.agent import Emit, ImageKind, RunEngine
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine, served
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage, tar_of

CONFIG = {"config": base64.b64encode(b"{}").decode()}
SINK = {"wanted": {}, "first": 0, "largest": 1}


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> ImageKind:
    wanted = SimpleNamespace(identity=SimpleNamespace(diff_ids=["sha256:1"]))
    monkeypatch.setattr(image_relay, "WantedImage", SimpleNamespace(from_dict=lambda found: wanted))
    monkeypatch.setattr(image_relay, "ImageSink", mock.Mock())
    return image_kind(tmp_path, "unix:///nowhere", lambda event: None)


def image_kind(spool: Path, docker_host: str, emit: Emit) -> ImageKind:
    arguments = {
        "name": "team/trainer:1",
        "docker_host": docker_host,
        "engine_timeout": 5,
        "spool_directory": str(spool),
        "spool_limit": 1,
    }
    return ImageKind(arguments, emit)


@pytest.mark.parametrize("order", [("take_config", "sink"), ("sink", "take_config")])
def test_the_sink_gets_the_config(kind: ImageKind, order: tuple[str, str]) -> None:
    answers = {verb: getattr(kind, verb)({"take_config": CONFIG, "sink": SINK}[verb]) for verb in order}
    answers["sink"].begin(0, 1)
    answers["sink"].end()
    answers["sink"].finish()
    image_relay.ImageSink.return_value.set_config.assert_called_once_with(b"{}")  # type: ignore[attr-defined]


@pytest.mark.parametrize("order", [("take_config", "sink"), ("sink", "take_config")])
def test_the_sink_that_gets_no_config_says_why(kind: ImageKind, order: tuple[str, str]) -> None:
    problem = "team/trainer:1 could not be saved: its archive lacks its config."
    answers = {verb: getattr(kind, verb)({"take_config": {"problem": problem}, "sink": SINK}[verb]) for verb in order}
    with pytest.raises(ClusterError, match=problem):
        answers["sink"].finish()
    image_relay.ImageSink.return_value.finish.assert_not_called()  # type: ignore[attr-defined]


def test_the_source_reports_why_there_is_no_config(tmp_path: Path) -> None:
    image, fake = TestImage(), FakeImageEngine()
    fake.hold(image, "team/trainer:1")
    fake.saved = tar_of({"manifest.json": b"[]"})
    said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with served(fake, tmp_path) as docker_host:
        kind = image_kind(tmp_path / "spool", docker_host, said.put)
        kind.source({"fingerprint": identity_of_config(image.config_file).fingerprint, "diff_ids": []})
        shown = said.get(timeout=10)
        kind.close()
    assert shown["arguments"] == {"problem": "team/trainer:1 could not be saved: its archive lacks its config."}


def test_an_engine_says_what_it_is_once_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(FakeImageEngine, "info", property(lambda self: asked.append(1) or {"DockerRootDir": "/"}))
    fake = FakeImageEngine()
    fake.hold(TestImage(), "team/trainer:1")
    with served(fake, tmp_path) as docker_host:
        engine = RunEngine(docker_host, 5)
        assert [observe_images(engine).root_directory, engine.info()["DockerRootDir"]] == ["/", "/"]
        fake.hold(TestImage(), "team/trainer:2")
        assert observe_images(engine).named("team/trainer:2"), "what the host holds is asked anew"
    assert asked == [1]
