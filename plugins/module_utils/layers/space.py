# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the disks of the host that sends have room for what saving an image takes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..base.disk import free_bytes
from ..base.errors import ClusterError
from ..base.sizes import in_words
from ..engine.socket import EngineSocket
from ..image.state import HeldImage
from .directory import SpoolDirectory


def refuse_small_disk(
    engine: EngineSocket,
    directory: SpoolDirectory,
    name: str,
    image: HeldImage,
    store: str,
    missing: Collection[str],
) -> None:
    """The classic store writes the whole image beside itself before it hands out a byte."""
    sizes = [directory.size_of(diff_id) for diff_id in missing]
    to_spool = sum(size or 0 for size in sizes) if all(sizes) else image.size
    staged = image.size if store == "classic" else 0
    spool, root = str(directory.path), engine.info().get("DockerRootDir", "")
    if _is_same_disk(spool, root):
        _refuse(name, image, spool, to_spool + staged)
    else:
        _refuse(name, image, spool, to_spool)
        _refuse(name, image, root, staged)


def _refuse(name: str, image: HeldImage, directory: str, needed: int) -> None:
    free = free_bytes(directory)
    if free is not None and free < needed:
        raise ClusterError(
            f"The disk of this host is too small to send {name}: {in_words(free)} are free at {directory}, "
            f"but saving it takes {in_words(needed)} (the image has {in_words(image.size)}). Nothing was "
            "sent. Make room there, for example with docker image prune.",
            free_bytes=free,
            needed_bytes=needed,
        )


def _is_same_disk(some: str, other: str) -> bool:
    try:
        return Path(some).stat().st_dev == Path(other).stat().st_dev
    except OSError:
        return False
