# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file that is read while it is written. Its last byte is given out only once its digest was found correct."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ..relay.server import WAIT_SECONDS, Damaged


class GrowingFile:
    """The writer's side: C(grow) after each write, then C(end) or C(fail). ``size`` is the final size in bytes."""

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self._path = path
        self._written = 0
        self._changed = threading.Condition()
        self._is_sound: bool | None = None

    def grow(self, written: int) -> None:
        """Note that this many bytes can be read from the file."""
        with self._changed:
            self._written = written
            self._changed.notify_all()

    def end(self) -> None:
        self._judge(True)

    def fail(self) -> None:
        """Mark what was read as damaged; no-op after a successful end."""
        if self._is_sound is None:
            self._judge(False)

    def open(self) -> GrowingReader:
        """Return a reader; raise FileNotFoundError where the file was renamed or removed meanwhile."""
        return GrowingReader(self, self._path)

    def wait_beyond(self, position: int, timeout: float) -> int:
        """Return how many bytes can be read, ``position`` where there are no more within ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._readable() > position or self._is_sound is False, timeout)
            if self._is_sound is False:
                raise Damaged
            return self._readable()

    def _readable(self) -> int:
        return self.size if self._is_sound else min(self._written, self.size - 1)

    def _judge(self, is_sound: bool) -> None:
        with self._changed:
            self._is_sound = is_sound
            self._changed.notify_all()


class GrowingReader:
    """As much of a file as a relay uses. C(read) gives None where there is nothing more yet."""

    def __init__(self, growing: GrowingFile, path: Path) -> None:
        self._growing = growing
        self._position = 0
        self._file = path.open("rb", buffering=0)

    def __enter__(self) -> GrowingReader:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def seek(self, offset: int) -> None:
        self._position = offset

    def read(self, size: int) -> bytes | None:
        if self._position >= self._growing.size:
            return b""
        readable = self._growing.wait_beyond(self._position, WAIT_SECONDS) - self._position
        if readable <= 0:
            return None
        self._file.seek(self._position)
        data: bytes = self._file.read(min(size, readable))
        self._position += len(data)
        return data
