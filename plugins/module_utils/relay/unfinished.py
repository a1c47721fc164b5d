# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The beginning of the item that was coming when a run was cut, kept as a file until the next run goes on from it.

Nothing here is trusted: the next run checks the digest of the whole item, and fetches all of it where that is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..base.disk import free_bytes
from ..base.errors import ClusterError
from ..files.owned_directory import OwnedDirectory

# What must stay free beside it: a full disk costs more than what comes again.
_RESERVE_BYTES = 1024**3
# What the name of the beginning of an item begins with.
BEGUN = ".begun-"


@dataclass(frozen=True)
class Beginning:
    """``size`` is that of the whole item in bytes, ``file`` has its beginning."""

    size: int
    file: IO[bytes]


class UnfinishedItems:
    """At most one in a directory, under the item's SHA-256 in hex and its size."""

    def __init__(self, owned: OwnedDirectory) -> None:
        self._directory = Path(owned.path)
        self._owned = owned

    def is_any(self) -> bool:
        return any(self._directory.glob(f"{BEGUN}*"))

    def keep(self, digest: str, size: int, pieces: Iterable[bytes | memoryview]) -> None:
        """Keep the beginning of an item, unless there is no room or it cannot be written: then it is sent again."""
        self.clear()
        there = next(path for path in (self._directory, *self._directory.parents) if path.is_dir())
        with suppress(OSError, ClusterError):
            if (free_bytes(str(there)) or 0) < size + _RESERVE_BYTES:
                return
            self._owned.claim()
            path = self._directory / f"{BEGUN}{digest}-{size}"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(pieces)

    def take(self, digest: str) -> Beginning | None:
        """Return what is kept of this item, and remove all that is kept."""
        taken = None
        for path in self._directory.glob(f"{BEGUN}{digest}-*"):
            with suppress(OSError, ValueError):
                taken = Beginning(int(path.name.rpartition("-")[2]), path.open("rb"))
        self.clear()
        return taken

    def clear(self) -> None:
        """Remove what is kept, and the directory where it was for that alone. Raises PlanError where it is not ours."""
        self._owned.check()
        kept = list(self._directory.glob(f"{BEGUN}*"))
        for path in kept:
            path.unlink(missing_ok=True)
        if kept:
            self._owned.leave()
