# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of one host as observed: whichever name, ID or identity is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .identity import ImageIdentity
from .name import with_tag


@dataclass(frozen=True)
class HeldImage:
    """An image that an engine holds; ``size`` in bytes as the engine counts it."""

    id: str
    names: tuple[str, ...]
    size: int
    identity: ImageIdentity

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "names": list(self.names), "identity": self.identity.to_dict()}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> HeldImage:
        return cls(
            written["id"], tuple(written["names"]), written["size"], ImageIdentity.from_dict(written["identity"])
        )


@dataclass(frozen=True)
class HostImages:
    """The images of a host, the kind of its store, and the room on its disk.

    ``store`` is C(classic) or C(containerd); ``free_bytes`` is what is free at ``root_directory``, the directory
    that images go to, and None where this host's disk does not hold it (an engine reached over the network).
    """

    store: str
    root_directory: str
    free_bytes: int | None
    images: tuple[HeldImage, ...] = ()

    def named(self, name: str) -> HeldImage | None:
        wanted = with_tag(name)
        return next((image for image in self.images if wanted in image.names), None)

    def same_as(self, identity: ImageIdentity) -> HeldImage | None:
        return next((image for image in self.images if image.identity == identity), None)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "images": [image.to_dict() for image in self.images]}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> HostImages:
        return cls(
            written["store"],
            written["root_directory"],
            written["free_bytes"],
            tuple(HeldImage.from_dict(image) for image in written["images"]),
        )
