# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Open many files below a directory one after the other, none of them by a symbolic link.

The directories on the way to the last file stay open, since the next one most often lies in the same directory.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Any

from .safe_open import open_regular_at

_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Each of them is an open descriptor.
_DEEPEST = 128


class DirectoryWalk:
    """Takes the descriptor of the root, and closes it at the end of the context."""

    def __init__(self, root: int) -> None:
        self._names: list[bytes] = []
        self._descriptors = [root]

    def __enter__(self) -> DirectoryWalk:
        return self

    def __exit__(self, *_: Any) -> None:
        self._leave(0)

    def open_regular(self, path: Sequence[bytes]) -> int:
        """Return a descriptor of a regular file for reading, closed on exec; ``path`` has no C(..) in it.

        Raise OSError, with the path as its ``filename``: NotRegular for what is no regular file, and ELOOP or ENOTDIR
        for a link on the way.
        """
        *above, name = path
        try:
            self._go_to(above)
            return open_regular_at(self._descriptors[-1], os.fsdecode(name))
        except OSError as error:
            error.filename = os.fsdecode(b"/".join(path))
            raise

    def _go_to(self, names: Sequence[bytes]) -> None:
        common = 0
        while common < min(len(names), len(self._names)) and names[common] == self._names[common]:
            common += 1
        self._leave(common + 1)
        for name in names[common:]:
            if len(self._names) >= _DEEPEST:
                raise OSError(errno.ENAMETOOLONG, "Lies too deep")
            self._descriptors.append(os.open(name, _DIRECTORY, dir_fd=self._descriptors[-1]))
            self._names.append(name)

    def _leave(self, kept: int) -> None:
        """Close all but this many of the descriptors."""
        for descriptor in self._descriptors[kept:]:
            os.close(descriptor)
        del self._descriptors[kept:], self._names[max(kept - 1, 0) :]
