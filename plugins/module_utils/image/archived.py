# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what was read of an image archive."""

from __future__ import annotations

from dataclasses import dataclass

from .identity import ImageIdentity


@dataclass(frozen=True)
class ArchivedImage:
    """The one image that an archive holds. ``size`` is that of its layers in the archive, in bytes."""

    identity: ImageIdentity
    names: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class ArchiveFile:
    """A file that is there; ``image`` is None where it does not hold exactly one whole image."""

    size: int
    mode: int
    image: ArchivedImage | None
