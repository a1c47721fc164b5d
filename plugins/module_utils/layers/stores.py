# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an engine keeps an image, by what the engine says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..image.observation import store_of
from ..image.state import HeldImage
from .content_store import ContentStoreImage
from .overlay2 import Overlay2Image
from .stored import StoredImage, Unreadable


def stored_image(info: Mapping[str, Any], image: HeldImage, sizes: Sequence[int] = ()) -> StoredImage:
    """Return the image as the engine's directory holds it; raise Unreadable where that is not known.

    ``sizes`` are the bytes in files of its layers, lowest first; empty where they are not known.
    """
    root = info.get("DockerRootDir") or ""
    if store_of(info) == "containerd":
        return ContentStoreImage(root, image, dict(zip(image.identity.diff_ids, sizes, strict=False)))
    if info.get("Driver") == "overlay2":
        return Overlay2Image(root, image)
    raise Unreadable(f"the storage driver is {info.get('Driver')}, not overlay2")
