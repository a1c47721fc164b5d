# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a path on the host and the volumes of a trainer -> the directory above it that no container can exchange."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.distrain.cluster.plugins.module_utils.trainer.volumes import readable_volumes

_READ_ONLY = "ro"


def volume_root(path: str, volumes: Sequence[str]) -> str:
    """The source of the volume that holds ``path``; of several that a container can write, the widest.

    Empty where no such volume holds it, or the path is empty. Each volume is SOURCE:TARGET or SOURCE:TARGET:MODE.
    """
    readable = readable_volumes(volumes)
    sources = [one.source for one in readable if _READ_ONLY not in one.options and _holds(one.source, path)]
    return min(sources, key=len, default="")


def _holds(directory: str, path: str) -> bool:
    return path.rstrip("/") == directory.rstrip("/") or path.startswith(f"{directory.rstrip('/')}/")
