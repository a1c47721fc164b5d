# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that is below a directory, in pages. Each directory is opened in the one above it, and no link is followed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from .entries import OWN_NAMES
from .pages import Page, PageBuilder
from .progress import Progress
from .root import OPEN_DIRECTORY, TreeRoot

_ENCODING = sys.getfilesystemencoding()
# Whether an entry is brought: its path, its status, that of its directory, and where it leads to if it is a link.
Brings = Callable[[bytes, os.stat_result, os.stat_result, bytes], bool]


@dataclass(slots=True)
class _Level:
    """An open directory, and the names in it that were not looked at yet. ``prefix`` is put before each of them."""

    descriptor: int
    status: os.stat_result
    prefix: bytes
    names: Iterator[bytes]


def scan(
    root: TreeRoot,
    keeps_owner: bool,
    progress: Progress,
    brings: Brings | None = None,
    only: Collection[bytes] | None = None,
) -> Iterator[Page]:
    """Yield all pages; raise ClusterError where something cannot be read or goes meanwhile.

    ``brings`` is asked for what is no plain file: links, directories, and files that have another name too. With
    ``only`` nothing else than these paths and the directories above them is there.
    """
    chosen = None if only is None else _with_directories(only)
    builder = PageBuilder(keeps_owner)
    levels: list[_Level] = []
    path = b""
    try:
        with root.naming("", "read"):
            levels.append(_opened(os.dup(root.directory("")), b"", chosen))
        builder.add(path, levels[0].status)
        while levels:
            level = levels[-1]
            for name in level.names:
                path = level.prefix + name
                status = os.stat(name, dir_fd=level.descriptor, follow_symlinks=False)
                is_file, link = stat.S_ISREG(status.st_mode), b""
                if not is_file or status.st_nlink > 1:
                    link = os.readlink(name, dir_fd=level.descriptor) if stat.S_ISLNK(status.st_mode) else b""
                    if brings and not brings(path, status, level.status, link):
                        continue
                progress.listed += 1
                progress.files += is_file
                if builder.add(path, status, link) and (page := builder.page()):
                    yield page
                if stat.S_ISDIR(status.st_mode):
                    inner = os.open(name, OPEN_DIRECTORY, dir_fd=level.descriptor)
                    levels.append(_opened(inner, path + b"/", chosen))
                    break
            else:
                os.close(levels.pop().descriptor)
    except OSError as error:
        with root.naming(os.fsdecode(path), "read"):
            raise error
    finally:
        for level in levels:
            os.close(level.descriptor)
    if page := builder.page():
        yield page


def _with_directories(paths: Collection[bytes]) -> frozenset[bytes]:
    """Return the paths with those of all directories above them."""
    names = (path.split(b"/") for path in paths)
    return frozenset(b"/".join(parts[:count]) for parts in names for count in range(1, len(parts) + 1))


def _opened(descriptor: int, prefix: bytes, chosen: Collection[bytes] | None) -> _Level:
    """Own the descriptor. What begins with our own names at the top is left out, and so is what is not chosen."""
    try:
        names = sorted([name.encode(_ENCODING, "surrogateescape") for name in os.listdir(descriptor)])
        if not prefix:
            names = [name for name in names if not name.startswith(OWN_NAMES.encode())]
        if chosen is not None:
            names = [name for name in names if prefix + name in chosen]
        return _Level(descriptor, os.fstat(descriptor), prefix, iter(names))
    except BaseException:
        os.close(descriptor)
        raise
