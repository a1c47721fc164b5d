# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The contents of a directory by names and sizes, summarized so that hosts can be compared."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

# Of a directory with more files than this only what lies directly in it is compared.
MOST_FILES = 2000


def describe_directory(path: str) -> dict[str, str]:
    """The files with their sizes, or that of a file; hidden ones are left out. Empty where nothing is there."""
    root = Path(path)
    if root.is_file():
        return {path: f"{root.stat().st_size} bytes"}
    sizes = dict(_sizes(root))
    if len(sizes) <= MOST_FILES:
        return {f"{path}/{name}": f"{size} bytes" for name, size in sizes.items()}
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, size in sizes.items():
        parts[name.partition("/")[0]][name] = size
    return {f"{path}/{part}": _summary(held) for part, held in parts.items()}


def _summary(sizes: dict[str, int]) -> str:
    listing = "\n".join(f"{size} {name}" for name, size in sorted(sizes.items()))
    digest = hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest()
    return f"{len(sizes)} files of {sum(sizes.values())} bytes (listing {digest[:12]})"


def _sizes(root: Path) -> Iterator[tuple[str, int]]:
    for directory, directories, names in os.walk(root):
        directories[:] = [name for name in directories if not name.startswith(".")]
        for name in names:
            file = Path(directory, name)
            if not name.startswith(".") and file.is_file():
                yield str(file.relative_to(root)), file.stat().st_size
