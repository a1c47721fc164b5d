# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An engine in memory that holds images, for the modules of images."""

from __future__ import annotations

from typing import Any, TypeVar

from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage

Holder = TypeVar("Holder", bound="ImageHolder")


class ImageHolder:
    """Holds images by ID; ``calls`` are the changing verbs in order."""

    def __init__(self) -> None:
        self.images: dict[str, TestImage] = {}
        self.tags: dict[str, str] = {}
        self.calls: list[str] = []

    def hold(self: Holder, image: TestImage, *names: str) -> Holder:
        self.images[image.id] = image
        self.tags.update(dict.fromkeys(names, image.id))
        return self

    def info(self) -> dict[str, Any]:
        return {"DockerRootDir": "/", "DriverStatus": []}

    def image_ids(self) -> list[str]:
        return list(self.images)

    def image(self, name: str) -> dict[str, Any] | None:
        image = self.images.get(self.tags.get(name, name))
        names = [tag for tag, held in self.tags.items() if image and held == image.id and "@" not in tag]
        return image.inspected(*names) if image else None

    def tag_image(self, source: str, name: str) -> None:
        self.calls.append(f"tag {name}")
        self.tags[name] = self.tags.get(source, source)

    def remove_image(self, name: str) -> None:
        """The name, and the image with its last one."""
        self.calls.append(f"remove {name}")
        image_id = self.tags.pop(name)
        if image_id not in self.tags.values():
            del self.images[image_id]
