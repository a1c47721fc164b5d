# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The spool of an image that an engine at a real socket holds."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_images
from ansible_collections.distrain.cluster.plugins.module_utils.layers.directory import SpoolDirectory
from ansible_collections.distrain.cluster.plugins.module_utils.layers.source import LayerSource
from ansible_collections.distrain.cluster.plugins.module_utils.layers.spool import ImageSpool
from ansible_collections.distrain.cluster.plugins.module_utils.layers.stored import StoredImage, Unreadable
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage, oci_archive

IMAGE = TestImage()
NAME = "team/trainer:1"


def holding_engine() -> FakeImageEngine:
    fake = FakeImageEngine()
    fake.hold(IMAGE, NAME)
    fake.saved = oci_archive(IMAGE, NAME)
    return fake


def spool_of(engine: EngineSocket, directory: SpoolDirectory | Path) -> ImageSpool:
    host = observe_images(engine)
    image = host.named(NAME)
    assert image
    kept = directory if isinstance(directory, SpoolDirectory) else SpoolDirectory(str(directory))
    return ImageSpool(engine, kept, NAME, image, host.store)


def source_of(spool: ImageSpool, said: list[str] | None = None) -> LayerSource:
    """Return the source of an image whose layers can only be saved by the engine."""
    shown: list[str] = [] if said is None else said
    source = LayerSource(unreadable, spool, spool._directory, spool._image, shown.append)
    source.start(spool._image.identity.diff_ids)
    assert shown.pop().endswith("the engine saves what is to be sent into the spool")
    return source


def unreadable() -> StoredImage:
    raise Unreadable("the storage driver is vfs, not overlay2")
