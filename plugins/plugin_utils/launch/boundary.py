# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what of the host's own files a trainer's volumes would put into the hands of its container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What the host writes, or what it gives the container otherwise, below the trainer's directory.
OWN_NAMES = ("compose.yml", "control", "copies", "logs", "runner", "webui")
_WRITABLE = "rw"


def boundary_problems(volumes: Sequence[str], copies: Sequence[Mapping[str, Any]], directory: str) -> list[str]:
    """A sentence for each volume and each copy that would let root write through what a container can exchange.

    ``directory`` is the trainer's on the host. The copies that come from the controller have a C(dest) in it.
    """
    return [*_exposing_volumes(volumes, directory), *_misplaced_copies(volumes, copies, directory)]


def _exposing_volumes(volumes: Sequence[str], directory: str) -> Iterator[str]:
    own = [posixpath.join(posixpath.normpath(directory), name) for name in OWN_NAMES]
    for source, _writable in _sources(volumes):
        if any(_is_inside(one, source) or _is_inside(source, one) for one in own):
            yield (
                f"trainer_launch_volumes gives the container {source} of the host, which holds the host's own files of "
                f"the trainer ({', '.join(OWN_NAMES)} in {directory}). Mount a directory beside them, such as "
                f"{directory}/data."
            )


def _misplaced_copies(volumes: Sequence[str], copies: Sequence[Mapping[str, Any]], directory: str) -> Iterator[str]:
    for copy in copies:
        dest = posixpath.normpath(str(copy.get("dest", "")))
        if dest.split("/")[0] in (*OWN_NAMES, "."):
            yield (
                f"trainer_launch_copies brings {copy.get('src')} to {copy.get('dest')}, but {', '.join(OWN_NAMES)} in "
                f"{directory} are the host's own. Choose another dest, such as data."
            )
            continue
        path = posixpath.join(posixpath.normpath(directory), dest)
        for source, writable in _sources(volumes):
            if writable and (_is_inside(path, source) or _is_inside(source, path)):
                yield (
                    f"trainer_launch_copies brings {copy.get('src')} to {path}, which the container can write by the "
                    f"volume {source}: root would follow links that it has laid there. Mount that volume read-only "
                    "(SOURCE:TARGET:ro in trainer_launch_volumes), and let the job write to another one."
                )


def _sources(volumes: Sequence[str]) -> list[tuple[str, bool]]:
    """The source on the host of each volume that has one, and whether the container can write it."""
    found = []
    for volume in volumes:
        source, _separator, rest = volume.partition(":")
        if source.startswith("/"):
            mode = rest.partition(":")[2] or _WRITABLE
            found.append((posixpath.normpath(source), "ro" not in mode.split(",")))
    return found


def _is_inside(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory.rstrip('/')}/")
