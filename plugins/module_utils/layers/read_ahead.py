# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A layer that is read ahead of its reader and checked meanwhile: its end comes only if its digest is right.

Reading and hashing have a thread each, so that neither waits for the other or for the connection.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from ..base.background_hash import BackgroundHash
from ..relay.server import WAIT_SECONDS

# In memory for each reader, of about 1 MiB each.
_AHEAD_CHUNKS = 8


class Wrong(Exception):
    """What was read is not the layer."""


class ReadAhead:
    """As much of a file as a relay uses. C(read) gives None where there is nothing more yet.

    ``judge`` is called once all was read, with what is wrong, None where the digest is right; or with the error that
    reading raised. It may raise another one instead, which the reader gets.
    """

    def __init__(
        self,
        chunks: Generator[bytes, None, None],
        size: int,
        digest: str,
        judge: Callable[[Exception | None], None],
    ) -> None:
        self._chunks = chunks
        self._size = size
        self._digest = digest
        self._judge = judge
        self._ready: queue.Queue[bytes | Exception] = queue.Queue(_AHEAD_CHUNKS)
        self._is_closed = False
        self._skip = 0
        self._current = memoryview(b"")
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_closed = True

    def seek(self, offset: int) -> None:
        """Begin there; what is before it is read all the same, for the digest."""
        self._skip = offset
        self._thread.start()

    def read(self, size: int) -> bytes | memoryview | None:
        while not self._current:
            if self._failure:
                raise self._failure
            try:
                found = self._ready.get(timeout=WAIT_SECONDS)
            except queue.Empty:
                return None
            if isinstance(found, Exception):
                self._failure = found
            elif not found:
                return b""
            else:
                self._current = memoryview(found)
        data, self._current = self._current[:size], self._current[size:]
        return data

    def _run(self) -> None:
        try:
            self._hand_out_all()
        except Exception as error:
            self._hand_out(error)

    def _hand_out_all(self) -> None:
        """Each chunk is handed out once the next one is there, and the last one once all is judged."""
        last = b""
        try:
            with closing(self._chunks), closing(self._hashed()) as hashed:
                for chunk in hashed:
                    if last and not self._hand_out(last):
                        return
                    last = chunk
        except Exception as error:
            self._judge(error)
            raise
        self._judge(None)
        self._hand_out(last)
        self._hand_out(b"")

    def _hashed(self) -> Generator[bytes, None, None]:
        """Yield the chunks from the offset on; raise Wrong at the end, or as soon as it is certain."""
        left = self._size
        with BackgroundHash() as digest:
            for chunk in self._chunks:
                left -= len(chunk)
                if left < 0:
                    raise Wrong(f"it is longer than {self._size} bytes")
                digest.update(chunk)
                wanted = chunk[self._skip :] if self._skip else chunk
                self._skip -= len(chunk) - len(wanted)
                if wanted:
                    yield wanted
            if left:
                raise Wrong(f"it has {self._size - left} of its {self._size} bytes")
            if digest.hexdigest() != self._digest.rpartition(":")[2]:
                raise Wrong(f"its digest is sha256:{digest.hexdigest()}")

    def _hand_out(self, found: bytes | Exception) -> bool:
        """Return False where nobody reads any more."""
        while not self._is_closed:
            try:
                self._ready.put(found, timeout=WAIT_SECONDS)
            except queue.Full:
                continue
            return True
        return False
