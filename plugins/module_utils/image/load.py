# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load an archive into an engine, and verify the result."""

from __future__ import annotations

from pathlib import Path

from ..base.errors import ClusterError
from ..engine.sdk import Engine
from .archived import ArchivedImage
from .compression import chunks_of, uncompressed_archive
from .file import read_file
from .identity import ImageIdentity
from .observation import observe_images
from .state import HeldImage


def load_file(engine: Engine, path: str) -> None:
    """Load the archive, every layer of it checked first, and give its names back where the engine fails over it."""
    archive = read_file(path, check_layers=True)
    host = observe_images(engine)
    named_before = {name: host.named(name) for name in archive.names}
    try:
        with Path(path).open("rb") as file, uncompressed_archive(file) as (unpacked, compression):
            # Not every engine reads every way of compressing.
            engine.load_image(chunks_of(unpacked) if compression else file)
        if observe_images(engine).same_as(archive.identity) is None:
            raise ClusterError(f"The engine read {path} without an error, yet its image is not there.")
    except (ClusterError, OSError):
        _restore_names(engine, archive, named_before)
        raise


def give_name(engine: Engine, fingerprint: str, name: str) -> None:
    image = observe_images(engine).same_as(ImageIdentity(fingerprint))
    if image is None:
        raise ClusterError(f"The image that {name} should name has gone from the engine. Run it again.")
    engine.tag_image(image.id, name)


def _restore_names(engine: Engine, archive: ArchivedImage, before: dict[str, HeldImage | None]) -> None:
    for name in archive.names:
        # By its name: the containerd store does not list an image that lacks a layer, yet has it.
        held, now = before[name], engine.image(name)
        if now is None or (held and held.id == now["Id"]):
            continue
        if held:
            engine.tag_image(held.id, name)
        else:
            engine.remove_image(name)
