# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an engine keeps of an image on its disk, as both of Docker's stores offer it to a reader. Nothing is written."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol


class Unreadable(Exception):
    """The engine's files cannot be read, or are not what they should be. The engine itself may still give it."""


class StoredImage(Protocol):
    """Every method raises Unreadable. Layers are known by their diff IDs; nobody has checked their bytes yet."""

    def config(self) -> bytes:
        """Return the bytes of the image's config."""

    def check(self, diff_id: str) -> None:
        """Raise where it is certain that the layer cannot be read."""

    def known_size(self, diff_id: str) -> int | None:
        """Return the size of the layer's tar file in bytes; None where the layer must be unpacked for that."""

    def size(self, diff_id: str) -> int:
        """Return the size of the layer's tar file in bytes, also where it must be unpacked for that.

        Like the bytes, it is certain only once all was read.
        """

    def chunks(self, diff_id: str) -> Generator[bytes, None, None]:
        """Yield the layer's tar file."""
