# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Open files below a directory in which others, such as a container, can write.

Each component is opened relative to the one before it (openat) and no symbolic link is followed, so that nothing
outside the directory is opened, even if components are replaced meanwhile. Every returned descriptor is non-blocking
and closed on exec. All functions raise OSError with the full path as ``filename``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

_ALWAYS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_BYTES = 1024**2


class NotRegular(OSError):
    """The name exists, and is not a regular file. ``errno`` is EINVAL."""


@dataclass(frozen=True)
class Listed:
    """A name in a directory with its lstat result. ``name`` may hold surrogates, as ``os.fsdecode`` returns."""

    name: str
    mode: int
    size: int
    mtime_ns: int

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_regular(self) -> bool:
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


def open_beneath(root: str, relative: str, flags: int = os.O_RDONLY) -> int:
    """Return a descriptor of ``relative`` below ``root``, of whatever type of file.

    ``root`` is trusted: links in it are followed. A link in ``relative`` raises ELOOP or, where a directory is needed,
    ENOTDIR; ``..`` and an absolute path raise EXDEV. With O_CREAT the mode is 0600.
    """
    with _naming(root, relative):
        names = _names(relative)
        with _directory(root, names[:-1]) as directory:
            return os.open(names[-1] if names else ".", flags | _ALWAYS, 0o600, dir_fd=directory)


def open_regular(root: str, relative: str) -> int:
    """Return a descriptor for reading of a regular file; raise NotRegular for anything else, which is never opened.

    To open a FIFO would block, and to open a device may have effects. So the name is resolved with O_PATH, and what it
    resolved to is opened by its descriptor once its type is known.
    """
    with _naming(root, relative):
        names = _names(relative) or ["."]
        with _directory(root, names[:-1]) as directory:
            return open_regular_at(directory, names[-1])


def open_regular_at(directory: int, name: str, flags: int = os.O_RDONLY) -> int:
    """Return a descriptor of a regular file in an open directory; raise NotRegular for anything else."""
    found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(found).st_mode):
            raise NotRegular(errno.EINVAL, "Not a regular file", name)
        return os.open(f"/proc/self/fd/{found}", flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    finally:
        os.close(found)


def read_regular(root: str, relative: str, most: int, from_end: bool = False) -> bytes:
    """Return at most ``most`` bytes of a regular file: its first or, with ``from_end``, its last."""
    descriptor = open_regular(root, relative)
    try:
        with _naming(root, relative):
            start = max(os.fstat(descriptor).st_size - most, 0) if from_end else 0
            return _read(descriptor, start, most)
    finally:
        os.close(descriptor)


def list_directory(root: str, relative: str, most: int) -> list[Listed]:
    """Return at most ``most`` entries of a directory, sorted by name, without those that vanish meanwhile."""
    descriptor = open_beneath(root, relative, os.O_RDONLY | os.O_DIRECTORY)
    try:
        found: list[Listed] = []
        with _naming(root, relative), os.scandir(descriptor) as entries:
            for entry in entries:
                if len(found) >= most:
                    break
                with contextlib.suppress(FileNotFoundError):
                    status = os.stat(entry.name, dir_fd=descriptor, follow_symlinks=False)
                    found.append(Listed(entry.name, status.st_mode, status.st_size, status.st_mtime_ns))
        return sorted(found, key=lambda one: os.fsencode(one.name))
    finally:
        os.close(descriptor)


def _whole(root: str, relative: str) -> str:
    return f"{root}/{relative}" if relative else root


def _names(relative: str) -> list[str]:
    names = [name for name in relative.split("/") if name not in ("", ".")]
    if relative.startswith("/") or ".." in names:
        raise OSError(errno.EXDEV, "Leads out of the directory")
    if "\0" in relative:
        raise OSError(errno.EINVAL, "Has a zero byte in its name")
    return names


@contextlib.contextmanager
def _directory(root: str, names: list[str]) -> Iterator[int]:
    """Open the directory ``names`` below ``root`` with O_PATH, and close it at the end."""
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in names:
            inner = os.open(name, _DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _naming(root: str, relative: str) -> Iterator[None]:
    """Give errors the full path as their file name."""
    try:
        yield
    except NotRegular as error:
        raise NotRegular(error.errno, error.strerror, _whole(root, relative)) from error
    except OSError as error:
        raise OSError(error.errno, error.strerror, _whole(root, relative)) from error
    except ValueError as error:  # a zero byte, or a character that no name can hold
        raise OSError(errno.EINVAL, str(error), _whole(root, relative)) from error


def _read(descriptor: int, start: int, most: int) -> bytes:
    parts: list[bytes] = []
    rest = most
    while rest > 0:
        part = os.pread(descriptor, min(rest, _READ_BYTES), start + most - rest)
        if not part:
            break
        parts.append(part)
        rest -= len(part)
    return b"".join(parts)
