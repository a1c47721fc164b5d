# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A SHA-256 that is computed in a thread of its own, while its caller gets the next bytes."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

# To hand over less takes longer than to hash it.
_BATCH_BYTES = 1024**2
# As many batches may wait, so that a pause of one thread does not hold up the other.
_MOST_BEHIND = 4


class BackgroundHash:
    """Some MiB of what was given may be behind; those bytes must not change."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._behind: deque[Future[None]] = deque()
        self._batch: list[bytes | memoryview] = []
        self._batch_bytes = 0
        self._hash = hashlib.sha256()

    def __enter__(self) -> BackgroundHash:
        return self

    def __exit__(self, *_: Any) -> None:
        self._pool.shutdown()

    def update(self, data: bytes | memoryview) -> None:
        self._batch.append(data)
        self._batch_bytes += len(data)
        if self._batch_bytes >= _BATCH_BYTES:
            self._behind.append(self._pool.submit(_update, self._hash, self._taken_batch()))
            if len(self._behind) > _MOST_BEHIND:
                self._behind.popleft().result()

    def hexdigest(self) -> str:
        self._catch_up()
        _update(self._hash, self._taken_batch())
        return self._hash.hexdigest()

    def restart(self) -> None:
        self._catch_up()
        self._taken_batch()
        self._hash = hashlib.sha256()

    def _taken_batch(self) -> list[bytes | memoryview]:
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        return batch

    def _catch_up(self) -> None:
        while self._behind:
            self._behind.popleft().result()


def _update(digest: Any, batch: list[bytes | memoryview]) -> None:
    for data in batch:
        digest.update(data)
