# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory that belongs to this collection, as a file in it shows; no other one is written to or removed."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ..base.errors import ClusterError, PlanError
from ..base.system_error import described
from .safe_open import open_regular_at
from .trusted_path import open_trusted, others_can_write

_MARK_BYTES = 4096


class OwnedDirectory:
    """``option`` is the option that names it, ``mark`` the name of the file, ``is_own`` whether a name is one of ours.

    A directory can be claimed that does not exist, is empty, or holds only names of ours. Its mode stays as it is.
    """

    def __init__(self, path: str, option: str, mark: str, is_own: Callable[[str], bool]) -> None:
        self.path = path
        self._option = option
        self._mark = mark
        self._is_own = is_own

    def check(self) -> None:
        """Raise PlanError where it exists and cannot be claimed; change nothing."""
        with self._naming():
            try:
                descriptor = open_trusted(self.path)
            except FileNotFoundError:
                return
            try:
                self._check(descriptor)
            finally:
                os.close(descriptor)

    def claim(self) -> None:
        """Create it with mode 0700, or claim it. Raise PlanError as C(check), and ClusterError for a system error."""
        with self._naming():
            os.close(open_trusted(str(Path(self.path).parent), make=True))
            try:
                Path(self.path).mkdir(mode=0o700)
                is_made = True
            except FileExistsError:
                is_made = False
            descriptor = open_trusted(self.path)
            try:
                if not self._check(descriptor):
                    self._write_mark(descriptor, is_made)
            finally:
                os.close(descriptor)

    def leave(self) -> None:
        """Remove it where C(claim) created it and it is empty."""
        with contextlib.suppress(OSError, ClusterError):
            descriptor = open_trusted(self.path)
            try:
                with os.scandir(descriptor) as entries:
                    is_empty = all(one.name == self._mark for one in entries)
                if is_empty and self._was_made(descriptor):
                    os.unlink(self._mark, dir_fd=descriptor)
                    Path(self.path).rmdir()
            finally:
                os.close(descriptor)

    def _check(self, descriptor: int) -> bool:
        """Whether it is marked; raise PlanError where it may not be claimed."""
        with contextlib.suppress(FileNotFoundError):
            status = os.stat(self._mark, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
                return True
        with os.scandir(descriptor) as entries:
            foreign = next((one.name for one in entries if not self._is_own(one.name)), None)
        if foreign is not None:
            raise PlanError(
                f"{self._option} is {self.path}, which holds other things (such as {foreign!r}). Files are deleted "
                f"there, so it must be a directory of its own: name one that does not exist yet, such as "
                f"{Path(self.path) / 'distrain-spool'}, or an empty one."
            )
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or others_can_write(status):
            raise PlanError(
                f"{self._option} is {self.path}, in which others than user {os.geteuid()} can write (its owner is "
                f"{status.st_uid}, its mode {stat.S_IMODE(status.st_mode):04o}). Name one that does not exist yet."
            )
        return False

    def _write_mark(self, descriptor: int, is_made: bool) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with contextlib.suppress(FileExistsError):
            mark = os.open(self._mark, flags, 0o600, dir_fd=descriptor)
            with os.fdopen(mark, "w") as file:
                json.dump({"owner": "distrain.cluster", "made": is_made}, file)

    def _was_made(self, descriptor: int) -> bool:
        mark = open_regular_at(descriptor, self._mark)
        try:
            return bool(json.loads(os.read(mark, _MARK_BYTES))["made"])
        except (ValueError, LookupError, TypeError):
            return False
        finally:
            os.close(mark)

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except NotADirectoryError as error:
            raise PlanError(f"{self._option} is {self.path}, but {error.filename} is no directory.") from error
        except OSError as error:
            raise ClusterError(f"{self._option} {self.path} cannot be used: {described(error)}") from error
