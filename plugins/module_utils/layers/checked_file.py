# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file that is read from its first byte to its last and checked on the way, before its end is handed out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO, Any

from ..relay.server import Damaged


class CheckedFile:
    """As much of a file as a relay uses. ``judge`` gets the digest and whether all that was read has it.

    Where it has not, the last read raises Damaged. Where reading begins elsewhere than at the first byte, nothing is
    judged: the reader that has the beginning checks the whole.
    """

    def __init__(self, file: IO[bytes], size: int, digest: str, judge: Callable[[str, bool], None]) -> None:
        self._file = file
        self._size = size
        self._digest = digest
        self._judge = judge
        self._hash = hashlib.sha256()
        self._read = 0
        self._is_from_start = True

    def __enter__(self) -> CheckedFile:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def seek(self, offset: int) -> None:
        self._is_from_start = offset == 0 and self._read == 0
        self._file.seek(offset)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        if self._is_from_start:
            self._hash.update(data)
            self._read += len(data)
            if self._read >= self._size or not data:
                self._finish()
        return data

    def _finish(self) -> None:
        is_sound = self._hash.hexdigest() == self._digest.rpartition(":")[2]
        self._judge(self._digest, is_sound)
        if not is_sound:
            raise Damaged
