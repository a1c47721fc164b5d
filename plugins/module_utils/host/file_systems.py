# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file systems of this host that can become full, with their space."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOUNTS = Path("/proc/self/mounts")
# A look at one of a network may never end, and the others have no space of their own.
TYPES = ("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs")
# Where an engine or systemd mounts what is not the host's to fill.
NOT_OWN = re.compile(
    r"^/(run/(credentials|docker|user)|sys|dev/(?!shm$))|/(overlay2|overlayfs|rootfs|netns|mounts)(/|$)"
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def parse_mounts(mounts: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the type of each mounted file system of the host's own, as /proc/self/mounts has them."""
    for line in mounts.splitlines():
        _source, path, kind, *_options = [*line.split(), "", "", ""]
        path = _OCTAL.sub(lambda found: chr(int(found[1], 8)), path)
        if kind in TYPES and not NOT_OWN.search(path):
            yield path, kind


def observe_file_systems(mounts: Path = MOUNTS) -> list[dict[str, Any]]:
    """Return the space of each file system once, under the first path at which it is mounted."""
    try:
        text = mounts.read_text(errors="replace")
    except OSError:
        return []
    found: dict[int, dict[str, Any]] = {}
    for path, kind in parse_mounts(text):
        try:
            device, figures = Path(path).stat().st_dev, os.statvfs(path)
        except OSError:
            continue
        if figures.f_blocks and Path(path).is_dir():
            found.setdefault(device, {"path": path, "type": kind, **_space(figures)})
    return list(found.values())


def _space(figures: os.statvfs_result) -> dict[str, int]:
    return {
        "free_bytes": figures.f_bavail * figures.f_frsize,
        "total_bytes": figures.f_blocks * figures.f_frsize,
        "free_inodes": figures.f_favail,
        "total_inodes": figures.f_files,
    }
