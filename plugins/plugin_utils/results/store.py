# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Store the files of one host on the controller, each atomically.

Names from the host cannot lead out of the directory, and no link in it is followed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_BYTES = 1024**2
# An incomplete file, by the process that writes it.
_UNFINISHED = re.compile(r"\.([1-9][0-9]*)\.part")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class ResultsStore:
    """``directory`` is created where it is missing. All methods raise OSError."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._cleaned: set[str] = set()

    def has(self, name: str, size: int, mtime_ns: int) -> bool:
        """Whether a regular file of this name, size and time of modification is there."""
        try:
            with self._parent(name, makes=False) as (parent, last):
                status = os.stat(last, dir_fd=parent, follow_symlinks=False)
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode) and (status.st_size, status.st_mtime_ns) == (size, mtime_ns)

    def make_directory(self, name: str) -> None:
        with self._directory(_components(name), makes=True):
            pass

    def create(self, name: str, mode: int) -> StoredFile:
        with self._parent(name, makes=True) as (parent, last):
            above = name.rpartition("/")[0]
            if above not in self._cleaned:
                self._cleaned.add(above)
                _remove_unfinished(parent)
            return StoredFile(parent, last, mode)

    @contextlib.contextmanager
    def _parent(self, name: str, makes: bool) -> Iterator[tuple[int, str]]:
        """Open the directory that holds the name, and yield its descriptor with the last component."""
        *above, last = _components(name)
        with self._directory(above, makes) as descriptor:
            yield descriptor, last

    @contextlib.contextmanager
    def _directory(self, components: Sequence[str], makes: bool) -> Iterator[int]:
        if makes:
            Path(self.directory).mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for component in components:
                if makes:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(component, 0o755, dir_fd=descriptor)
                inner = os.open(component, _DIRECTORY, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)


class StoredFile:
    """A file that gets its name when it is complete. ``parent`` may be closed after the constructor."""

    def __init__(self, parent: int, name: str, mode: int) -> None:
        self._name = name
        # Not the name with a suffix: it may have the greatest length that the file system allows.
        self._unfinished = f".{os.getpid()}.part"
        self._parent = os.dup(parent)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._unfinished, dir_fd=self._parent)
            self._file = os.fdopen(os.open(self._unfinished, _NEW, 0o600, dir_fd=self._parent), "wb")
        except OSError:
            os.close(self._parent)
            raise
        self._mode = mode

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def keep(self, mtime_ns: int) -> bool:
        """Give the file its name, and return whether its content is new or different."""
        try:
            self._file.flush()
            os.fchmod(self._file.fileno(), self._mode)
            os.utime(self._file.fileno(), ns=(mtime_ns, mtime_ns))
            self._file.close()
            differs = not self._is_there()
            os.replace(self._unfinished, self._name, src_dir_fd=self._parent, dst_dir_fd=self._parent)
        except OSError:
            self.drop()
            raise
        os.close(self._parent)
        return differs

    def drop(self) -> None:
        """Remove the incomplete file."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            os.unlink(self._unfinished, dir_fd=self._parent)
        os.close(self._parent)

    def _is_there(self) -> bool:
        """Whether the existing file of this name has the same content."""
        try:
            old = os.open(self._name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._parent)
        except OSError:
            return False
        new = os.open(self._unfinished, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self._parent)
        with os.fdopen(old, "rb") as before, os.fdopen(new, "rb") as after:
            statuses = os.fstat(before.fileno()), os.fstat(after.fileno())
            return (
                stat.S_ISREG(statuses[0].st_mode)
                and statuses[0].st_size == statuses[1].st_size
                and all(before.read(_READ_BYTES) == block for block in iter(lambda: after.read(_READ_BYTES), b""))
            )


def _remove_unfinished(directory: int) -> None:
    """Remove the incomplete files of runs that were killed."""
    for name in os.listdir(directory):
        found = _UNFINISHED.fullmatch(name)
        if found and not _is_alive(int(found[1])):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=directory)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _components(name: str) -> list[str]:
    components = name.split("/")
    if any(one in ("", ".", "..") or "\0" in one for one in components):
        raise OSError(errno.EXDEV, "Leads out of the directory", name)
    return components
