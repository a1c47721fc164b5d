# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The uncompressed bytes of a layer, whether an archive holds it plain or compressed."""

from __future__ import annotations

import shutil
import subprocess
import threading
import zlib
from collections.abc import Iterator
from typing import IO

from ..image.compression import BadArchive

CHUNK = 1024**2
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_GRACE = 10
_PIECE = 64 * 1024
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def is_compressed(first: bytes) -> bool:
    return first.startswith((GZIP, ZSTD))


def uncompressed(first: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    """What ``first`` and all that follows it stand for, chunk by chunk; BadArchive where it cannot be read."""
    chunks = _chunks(first, rest)
    if first.startswith(GZIP):
        return _gunzipped(chunks)
    if first.startswith(ZSTD):
        return _unzstd(chunks)
    return chunks


def _chunks(first: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    while first:
        yield first
        first = rest.read(CHUNK)


def _gunzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    reader = zlib.decompressobj(_GZIP_WINDOW)
    try:
        for chunk in chunks:
            # In small pieces, since a piece may grow a thousandfold.
            for start in range(0, len(chunk), _PIECE):
                compressed = chunk[start : start + _PIECE]
                while compressed:
                    if reader.eof:
                        # The compressed file may consist of several, one behind the other.
                        reader = zlib.decompressobj(_GZIP_WINDOW)
                    yield reader.decompress(compressed)
                    compressed = reader.unused_data
    except zlib.error as error:
        raise BadArchive(f"The archive is damaged: a gzip layer cannot be read ({error}).") from error
    if not reader.eof:
        raise BadArchive("The archive is damaged: a gzip layer ends too early.")


def _unzstd(chunks: Iterator[bytes]) -> Iterator[bytes]:
    command = shutil.which("zstd")
    if command is None:
        raise BadArchive(
            "The image has layers compressed with zstd, which this host's Python cannot read. "
            "Install the zstd command on it (package zstd)."
        )
    # A layer streams through it, and run_command returns only at the end.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        [command, "-dc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    feeder = _Feeder(process, chunks)
    feeder.start()
    try:
        while process.stdout and (chunk := process.stdout.read(CHUNK)):
            yield chunk
        feeder.join()
        if feeder.failure:
            raise feeder.failure
        if process.wait(_GRACE) != 0:
            raise BadArchive("The archive is damaged: a zstd layer cannot be read.")
    finally:
        process.kill()
        process.wait()
        feeder.join(_GRACE)
        if process.stdout:
            process.stdout.close()


class _Feeder(threading.Thread):
    """Feeds a decompressor while its output is read."""

    def __init__(self, process: subprocess.Popen[bytes], chunks: Iterator[bytes]) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._chunks = chunks
        self.failure: Exception | None = None

    def run(self) -> None:
        stdin = self._process.stdin
        if stdin is None:
            return
        try:
            for chunk in self._chunks:
                stdin.write(chunk)
        except BrokenPipeError:
            pass
        except Exception as error:
            self.failure = error
        try:
            stdin.close()
        except OSError:
            return
