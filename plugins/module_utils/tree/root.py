# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names below one directory, resolved step by step: no symbolic link below it is ever followed.

trusted_path.py says how the directory itself is found. It may be one that a container writes in: then anything
below it can be exchanged at any time, and what is opened is always checked afterwards.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..base.errors import ClusterError, PlanError
from ..base.system_error import advice
from ..files.safe_open import NotRegular, open_regular_at
from ..files.trusted_path import open_trusted
from .entries import shown

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class TreeRoot:
    """A directory that is open. The directories on the way to the last name stay open: names come in order."""

    def __init__(self, descriptor: int, name: str) -> None:
        """Own the descriptor; ``name`` is that of the directory in messages."""
        self.name = name
        self._fd = descriptor
        self._way: list[tuple[str, int]] = []
        self._path = ""  # where the way leads to

    @classmethod
    def opened(cls, path: str, host: str, make: bool = False, untrusted_below: str = "") -> TreeRoot:
        """Open the directory; ``make`` and ``untrusted_below`` and what is raised are those of C(open_trusted)."""
        try:
            return cls(open_trusted(path, make, untrusted_below), f"{path} of {host}")
        except PlanError as error:
            raise PlanError(f"On {host}, {error.message}") from error

    def again(self) -> TreeRoot:
        """Return the same directory for another thread, even where its path leads elsewhere by now."""
        return TreeRoot(os.dup(self._fd), self.name)

    @property
    def real_path(self) -> str:
        """Return the path of the directory by the kernel."""
        return str(Path(f"/proc/self/fd/{self._fd}").readlink())

    def close(self) -> None:
        self.forget()
        os.close(self._fd)

    def forget(self) -> None:
        """Close the directories on the way, which are opened again: they may have been replaced."""
        self._path = ""
        while self._way:
            os.close(self._way.pop()[1])

    def directory(self, path: str) -> int:
        """Return an open descriptor of a directory, valid until the next call."""
        # Most files lie beside the one before.
        if path != self._path:
            self._path = ""
            self._go_to(path)
            self._path = path
        return self._way[-1][1] if self._way and path else self._fd

    def _go_to(self, path: str) -> None:
        names = path.split("/") if path else []
        common = 0
        while common < min(len(names), len(self._way)) and self._way[common][0] == names[common]:
            common += 1
        while len(self._way) > common:
            os.close(self._way.pop()[1])
        for name in names[common:]:
            above = self._way[-1][1] if self._way else self._fd
            self._way.append((name, os.open(name, OPEN_DIRECTORY, dir_fd=above)))

    def parent(self, path: str) -> tuple[int, str]:
        """Return the descriptor of the directory and the last name, as system calls take them."""
        above, _separator, name = path.rpartition("/")
        return self.directory(above), name

    def open_file(self, path: str) -> int:
        """Open for reading; raise NotRegular where the name is not that of a regular file by now."""
        return open_regular_at(*self.parent(path))

    @contextlib.contextmanager
    def naming(self, path: str, doing: str) -> Iterator[None]:
        """Translate an OSError to an error that names the file."""
        try:
            yield
        except NotRegular as error:
            raise ClusterError(
                f"{shown(path)} in {self.name} could not be {doing}: something else than a file has been put there."
            ) from error
        except OSError as error:
            why = f"{error.strerror or error}. {advice(error)}".rstrip()
            raise ClusterError(f"{shown(path)} in {self.name} could not be {doing}: {why}") from error


def identity_of(status: os.stat_result) -> tuple[int, ...]:
    """Return values of which each change of the content changes one: only the kernel sets ctime."""
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
