# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a directory holds, as hosts exchange it: one entry for each file, directory and symbolic link.

The content of a file is the SHA-256 of its parts, of 64 MiB each. A part is what the relay calls an item: two files
with the same part share it, and a cut costs at most one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

PART_BYTES = 64 * 1024**2
# What begins with this at the top of a directory is ours, and is never delivered.
OWN_NAMES = ".distrain-tree"

DIRECTORY = "d"
FILE = "f"
LINK = "l"
OTHER = "o"  # a socket, a pipe or a device

_SHOWN_PATHS = 5
_SHARED_MODE = 0o1777
_WHOLE_MODE = 0o7777


@dataclass(slots=True)
class TreeEntry:
    """``path`` is relative to the directory, and empty for itself; ``digests`` are empty where it was not read.

    ``mtime`` is in nanoseconds. On their own host only: ``links`` is how many names the file has, and ``identity`` is
    what shows that it has not changed.
    """

    path: str
    kind: str
    mode: int = 0
    mtime: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    link: str = ""
    digests: tuple[str, ...] = ()
    links: int = 1
    identity: tuple[int, ...] = ()

    @property
    def parts(self) -> int:
        return -(-self.size // PART_BYTES) if self.kind == FILE else 0

    def part_size(self, part: int) -> int:
        return min(self.size - part * PART_BYTES, PART_BYTES)


def mode_of(mode: int, keeps_owner: bool) -> int:
    """Return the mode to set; a file without its owner must not let others act as its owner."""
    return mode & (_WHOLE_MODE if keeps_owner else _SHARED_MODE)


def order_of(path: str) -> list[bytes]:
    """Return what entries are sorted by: a directory comes before what it holds, and that before the next one."""
    return os.fsencode(path).split(b"/")


def shown(path: str) -> str:
    """Return a name for display: without control characters and broken Unicode."""
    text = path or "."
    return text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode()


def listed(paths: Sequence[str]) -> str:
    """Return the first few of them in words."""
    more = f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else ""
    return ", ".join(shown(path) for path in paths[:_SHOWN_PATHS]) + more
