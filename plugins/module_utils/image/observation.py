# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of this host, as its engine describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..base.disk import free_bytes
from .identity import identity_of_inspected
from .state import HeldImage, HostImages

# Where a containerd of its own keeps its images, which need not lie on the disk of the engine's directory.
CONTAINERD_ROOT = "/var/lib/containerd"


class ImageEngine(Protocol):
    """What is asked of an engine: by the SDK C(engine.py) answers it, without it C(engine_socket.py)."""

    def info(self) -> dict[str, Any]: ...

    def image(self, name: str) -> dict[str, Any] | None: ...

    def image_ids(self) -> list[str]: ...


def observe_image(engine: ImageEngine, name: str, store: str) -> HeldImage | None:
    """One image, by a name or an ID."""
    inspected = engine.image(name)
    return _held_image(inspected, store) if inspected else None


def observe_images(engine: ImageEngine) -> HostImages:
    """Every image of the host, those without a name included."""
    info = engine.info()
    store = store_of(info)
    # An image may go between the two calls.
    found = (observe_image(engine, image_id, store) for image_id in engine.image_ids())
    root_directory, free = tightest_directory(info)
    return HostImages(store, root_directory, free, tuple(image for image in found if image))


def store_of(info: Mapping[str, Any]) -> str:
    """The kind of the engine's image store, by what the engine says of its storage driver."""
    status = [list(pair) for pair in info.get("DriverStatus") or []]
    return "containerd" if ["driver-type", "io.containerd.snapshotter.v1"] in status else "classic"


def tightest_directory(info: Mapping[str, Any]) -> tuple[str, int | None]:
    """The directory that the engine's images go to and what is free there; of two, the one with less room."""
    engine_root = info.get("DockerRootDir", "")
    directories = [engine_root, CONTAINERD_ROOT] if store_of(info) == "containerd" else [engine_root]
    found = [(free, directory) for directory in directories if (free := free_bytes(directory)) is not None]
    free, directory = min(found, key=lambda one: one[0]) if found else (None, engine_root)
    return directory, free


def _held_image(inspected: Mapping[str, Any], store: str) -> HeldImage:
    return HeldImage(
        id=inspected["Id"],
        names=tuple(sorted(inspected.get("RepoTags") or ())),
        size=inspected.get("Size", 0),
        identity=identity_of_inspected(inspected, store),
    )
