# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A SHA-256 that is computed in a thread of its own, while its caller gets the next bytes."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

# To hand so little to the thread would take longer than to hash it.
_SMALL = 32 * 1024


class BackgroundHash:
    """At most one call of C(update) is behind. Its bytes must not change until the next call of anything."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._behind: Future[None] | None = None
        self._hash = hashlib.sha256()

    def __enter__(self) -> BackgroundHash:
        return self

    def __exit__(self, *_: Any) -> None:
        self._pool.shutdown()

    def update(self, data: bytes) -> None:
        self._catch_up()
        if len(data) < _SMALL:
            self._hash.update(data)
        else:
            self._behind = self._pool.submit(self._hash.update, data)

    def hexdigest(self) -> str:
        self._catch_up()
        return self._hash.hexdigest()

    def restart(self) -> None:
        self._catch_up()
        self._hash = hashlib.sha256()

    def _catch_up(self) -> None:
        behind, self._behind = self._behind, None
        if behind:
            behind.result()
