# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Open a directory by its absolute path, component by component, following only links that can be trusted.

A symbolic link is followed only where its owner, and the owner of its directory, is root or the user that this runs as,
and nobody else can write there: an administrator's C(/data -> /mnt/data) works. Any other link is refused, since its
owner could replace it.

Root in a container is root on its host. So no link is followed below C(untrusted_below), a directory in which a
container can write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import PurePosixPath

from ..base.errors import PlanError

_BY_NAME = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# As many as the kernel follows.
_MOST_LINKS = 40


def open_trusted(path: str, make: bool = False, untrusted_below: str = "") -> int:
    """Return a descriptor of the directory, for reading.

    With ``make``, missing directories are created with mode 0755 less the umask. Raise PlanError for a link that is not
    followed, and OSError, with the component as its ``filename``, for other errors.
    """
    walk = _Walk(path, make, untrusted_below)
    try:
        walk.to_end()
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=walk.descriptor)
    finally:
        walk.close()


def open_nearest(path: str, untrusted_below: str = "") -> int:
    """Return a descriptor of the directory or, where it is missing, of its nearest ancestor that exists."""
    walk = _Walk(path, make=False, untrusted_below=untrusted_below)
    try:
        walk.to_end()
    except FileNotFoundError:
        pass
    except BaseException:
        walk.close()
        raise
    return walk.descriptor


class _Walk:
    """``descriptor`` is the directory reached so far (O_PATH), ``place`` its name in messages."""

    def __init__(self, path: str, make: bool, untrusted_below: str) -> None:
        self.descriptor = os.open("/", _DIRECTORY)
        self.place = "/"
        self._path = path
        self._make = make
        self._names, self._untrusted = _parts(path, untrusted_below)
        self._is_trusted = True
        self._links = 0

    def close(self) -> None:
        os.close(self.descriptor)

    def to_end(self) -> None:
        self._walk()
        self._names, self._is_trusted = self._untrusted, False
        self._walk()

    def _walk(self) -> None:
        while self._names:
            name = self._names.pop()
            place = str(PurePosixPath(self.place, name))
            try:
                self._step(name, place)
            except OSError as error:
                raise OSError(error.errno, error.strerror, place) from error

    def _step(self, name: str, place: str) -> None:
        found = self._opened(name)
        status = os.fstat(found)
        if stat.S_ISLNK(status.st_mode):
            try:
                self._follow(found, status, place)
            finally:
                os.close(found)
        elif stat.S_ISDIR(status.st_mode):
            os.close(self.descriptor)
            self.descriptor, self.place = found, place
        else:
            os.close(found)
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    def _opened(self, name: str) -> int:
        try:
            return os.open(name, _BY_NAME, dir_fd=self.descriptor)
        except FileNotFoundError:
            if not self._make:
                raise
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=self.descriptor)
        return os.open(name, _BY_NAME, dir_fd=self.descriptor)

    def _follow(self, link: int, status: os.stat_result, place: str) -> None:
        target = os.readlink("", dir_fd=link)
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        self._refuse_untrusted(status, place, target)
        if target.startswith("/"):
            os.close(self.descriptor)
            self.descriptor, self.place = os.open("/", _DIRECTORY), "/"
        self._names += _names(target)

    def _refuse_untrusted(self, status: os.stat_result, place: str, target: str) -> None:
        above = os.fstat(self.descriptor)
        trusted = {0, os.geteuid()}
        if not self._is_trusted:
            why = "a container can write in its directory"
        elif status.st_uid not in trusted:
            why = f"it belongs to user {status.st_uid}"
        elif above.st_uid not in trusted:
            why = f"its directory belongs to user {above.st_uid}"
        elif others_can_write(above):
            why = "others than its owner can write in its directory"
        else:
            return
        of = "" if place == self._path else f" on the way to {self._path}"
        raise PlanError(
            f"{place}{of} is a symbolic link that is not followed, since another user could replace it: {why}. It "
            f"leads to {_shown(target)}: name that path instead, or mount the directory there."
        )


def others_can_write(status: os.stat_result) -> bool:
    """Whether others than its owner and root can write. The group that this runs as counts as the owner."""
    by_group = status.st_mode & stat.S_IWGRP and status.st_gid not in (0, os.getegid())
    return bool(by_group or status.st_mode & stat.S_IWOTH)


def _parts(path: str, untrusted_below: str) -> tuple[list[str], list[str]]:
    """Return the components up to ``untrusted_below`` and those below it; all are trusted where it is empty."""
    if not untrusted_below:
        return _names(path), []
    names, trusted = _names(path), _names(untrusted_below)
    if names[len(names) - len(trusted) :] != trusted or ".." in names:
        raise PlanError(f"{path} does not lie in {untrusted_below}.")
    return trusted, names[: len(names) - len(trusted)]


def _names(path: str) -> list[str]:
    """Return the components, the last one first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _shown(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode()
