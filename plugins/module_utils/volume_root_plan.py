# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a path on the host and the volumes of a trainer -> the directory above it that no container can exchange."""

from __future__ import annotations

from collections.abc import Sequence

_READ_ONLY = "ro"


def volume_root(path: str, volumes: Sequence[str]) -> str:
    """The source of the volume that holds ``path``; of several that a container can write, the widest.

    Empty where no such volume holds it, or the path is empty. Each volume is SOURCE:TARGET or SOURCE:TARGET:MODE.
    """
    sources = []
    for volume in volumes:
        source, _target, *mode = volume.split(":")
        is_writable = _READ_ONLY not in ",".join(mode).split(",")
        if is_writable and source.startswith("/") and _holds(source, path):
            sources.append(source.rstrip("/") or "/")
    return min(sources, key=len, default="")


def _holds(directory: str, path: str) -> bool:
    return path.rstrip("/") == directory.rstrip("/") or path.startswith(f"{directory.rstrip('/')}/")
