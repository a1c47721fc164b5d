# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file that only exists so that another host can see whether its directory is the same one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets

from ..files.safe_open import open_regular_at
from .entries import OWN_NAMES
from .root import TreeRoot

_PREFIX = f"{OWN_NAMES}-marker-"


class TreeMarker:
    """A locked file: the lock ends with its run, so that the next one recognizes what a dead run has left."""

    def __init__(self, root: TreeRoot) -> None:
        """Make the marker; ``name`` is empty where that is impossible. The directory's time stays as it was."""
        self.name = ""
        # A root is for one thread, and the marker is removed at the end of the run in any case.
        self._directory = os.dup(root.directory(""))
        self._descriptor: int | None = None
        before = os.fstat(self._directory)
        with contextlib.suppress(OSError):
            self._remove_left()
            name = f"{_PREFIX}{secrets.token_hex(8)}"
            flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY | os.O_CLOEXEC
            self._descriptor = os.open(name, flags, 0o600, dir_fd=self._directory)
            self.name = name
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._set_time(before)

    def remove(self) -> None:
        if self._descriptor is not None:
            before = os.fstat(self._directory)
            with contextlib.suppress(OSError):
                os.unlink(self.name, dir_fd=self._directory)
            self._set_time(before)
            os.close(self._descriptor)
            self._descriptor = None

    def _set_time(self, status: os.stat_result) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._directory, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _remove_left(self) -> None:
        with os.scandir(self._directory) as names:
            left = [one.name for one in names if one.name.startswith(_PREFIX)]
        for name in left:
            self._remove_unlocked(name)

    def _remove_unlocked(self, name: str) -> None:
        """Remove a marker of a dead run; nothing else is opened, since opening a FIFO would block."""
        try:
            descriptor = open_regular_at(self._directory, name)
        except OSError:
            return
        try:
            if os.fstat(descriptor).st_size == 0:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(name, dir_fd=self._directory)
        except OSError:
            return
        finally:
            os.close(descriptor)
