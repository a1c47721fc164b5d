# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image archive that was compressed as a whole after it was saved, read as what it was."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from ..base.errors import ClusterError

_LONGEST_MAGIC = 6
_PYTHONS: dict[bytes, tuple[str, Callable[..., Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
    b"BZh": ("bzip2", bz2.open),
}
_ZSTD = b"\x28\xb5\x2f\xfd"
_GRACE_SECONDS = 10
_CHUNK = 1024**2


class BadArchive(ClusterError):
    """The archive cannot be used: truncated, damaged, no image archive, or not the one that is wanted."""


@contextmanager
def uncompressed_archive(stream: IO[bytes]) -> Iterator[tuple[IO[bytes], str]]:
    """Yield the archive and how it was compressed, which is empty and the stream itself where it was not.

    A compressed one cannot be rewound. Reading raises BadArchive where it is damaged, or where nothing here reads it.
    """
    first = _beginning(stream)
    kind, opened = next((found for magic, found in _PYTHONS.items() if first.startswith(magic)), ("", None))
    if opened:
        with opened(stream) as file:
            yield cast("IO[bytes]", _Unpacked(file.read, kind)), kind
    elif first.startswith(_ZSTD):
        with _zstd(stream) as file:
            yield file, "zstd"
    else:
        yield stream, ""


def chunks_of(archive: IO[bytes]) -> Iterator[bytes]:
    while chunk := archive.read(_CHUNK):
        yield chunk


def _beginning(stream: IO[bytes]) -> bytes:
    """Return the first bytes; none where the stream cannot be rewound, as that of an engine, which compresses none."""
    if not stream.seekable():
        return b""
    start = stream.tell()
    first = stream.read(_LONGEST_MAGIC)
    stream.seek(start)
    return first


class _Unpacked:
    """As much of a file as reading an archive uses."""

    def __init__(self, read: Callable[[int], bytes], kind: str) -> None:
        self._read = read
        self._kind = kind

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        try:
            return self._read(size)
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, ValueError) as error:
            raise _damaged(self._kind, str(error)) from error


@contextmanager
def _zstd(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    command = shutil.which("zstd")
    if command is None:
        raise BadArchive(
            "The archive is compressed with zstd, which Python cannot read. Install the command zstd (package zstd) "
            "where it lies, or unpack it."
        )
    # The command reads from where the descriptor stands, which a buffer has moved.
    os.lseek(stream.fileno(), stream.tell(), os.SEEK_SET)
    # It streams, and run_command returns only at the end.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        [command, "-dc"], stdin=stream.fileno(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    output = cast("IO[bytes]", process.stdout)

    def read(size: int) -> bytes:
        data = output.read(size)
        if len(data) < size and process.wait(_GRACE_SECONDS) != 0:
            raise _damaged("zstd", "the command zstd refuses it")
        return data

    try:
        yield cast("IO[bytes]", _Unpacked(read, "zstd"))
    finally:
        process.kill()
        process.wait()
        output.close()


def _damaged(kind: str, why: str) -> BadArchive:
    return BadArchive(f"The archive is truncated or damaged: its {kind} cannot be read ({why}). Copy it again.")
