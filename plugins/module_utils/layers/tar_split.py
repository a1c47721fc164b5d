# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the classic store keeps of a layer's tar file beside the layer's files: C(tar-split.json.gz).

It is one JSON object a line, in the order of the tar file: a segment, which is a run of the tar file's own bytes
(headers, padding, the end), or a file, which stands for the content of that file in the layer's directory.
"""

from __future__ import annotations

import binascii
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from .stored import Unreadable

_FILE, _SEGMENT = 1, 2
_KEYS = frozenset(("type", "name", "name_raw", "size", "payload", "position"))
# As the engine writes nearly all lines. To read them as JSON takes several times as long.
_SEGMENT_LINE = re.compile(rb'\{"type":2,"payload":"([A-Za-z0-9+/]*={0,2})","position":([0-9]{1,18})\}\n')
_FILE_LINE = re.compile(
    rb'\{"type":1,"name":"([^"\\]*)"(?:,"size":([0-9]{1,18}))?,"payload":(?:"[\w+/=]*"|null),"position":([0-9]{1,18})\}\n'
)
_BUFFER = 1024**2
# A segment holds a few headers, and at the end whatever follows the last file.
_LONGEST_LINE = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of the tar file; ``encoded`` is their base64."""

    encoded: bytes

    @property
    def size(self) -> int:
        return len(self.encoded) // 4 * 3 - self.encoded.count(b"=", -2)

    def content(self) -> bytes:
        try:
            return binascii.a2b_base64(self.encoded)
        except binascii.Error as error:
            raise Unreadable(f"its tar-split.json.gz is damaged ({error})") from error


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content of a file of the layer, by its name in the tar file."""

    name: bytes
    size: int

    def path(self) -> tuple[bytes, ...]:
        """Return the path below the layer's directory, with no C(..) in it; raise Unreadable where it has any."""
        path = tuple(part for part in self.name.split(b"/") if part not in (b"", b"."))
        if not path or b".." in path or b"\0" in self.name:
            raise Unreadable(f"its tar-split.json.gz has the name {self.name!r}")
        return path


def parts_of(packed: IO[bytes]) -> Iterator[Segment | FileContent]:
    """Yield the parts of the tar file in their order; raise Unreadable where it is damaged or of another kind."""
    lines = io.BufferedReader(gzip.GzipFile(fileobj=packed), _BUFFER)
    position = 0
    try:
        while line := lines.readline(_LONGEST_LINE):
            part = _part(line, position)
            position += 1
            if part.size:
                yield part
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"its tar-split.json.gz is damaged ({error})") from error


def size_of(packed: IO[bytes]) -> int:
    """Return the size of the tar file in bytes; raise as C(parts_of)."""
    return sum(part.size for part in parts_of(packed))


def _part(line: bytes, position: int) -> Segment | FileContent:
    plain = _SEGMENT_LINE.fullmatch(line)
    if plain and int(plain[2]) == position and not len(plain[1]) % 4:
        return Segment(plain[1])
    plain = _FILE_LINE.fullmatch(line)
    if plain and int(plain[3]) == position:
        return FileContent(plain[1], int(plain[2] or 0))
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict) or not entry.keys() <= _KEYS or entry.get("type") not in (_FILE, _SEGMENT):
            raise Unreadable(f"line {position + 1} of its tar-split.json.gz is of an unknown kind")
        if entry["position"] != position:
            raise ValueError("it is out of order")
        return _segment(entry) if entry["type"] == _SEGMENT else _file(entry)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"line {position + 1} of its tar-split.json.gz is damaged ({error})") from error


def _segment(entry: dict[str, Any]) -> Segment:
    encoded = entry["payload"].encode()
    if len(encoded) % 4:
        raise ValueError("its base64 is cut")
    return Segment(encoded)


def _file(entry: dict[str, Any]) -> FileContent:
    """Return the content, with a size of 0 for what has none, such as a directory or a hard link."""
    size = entry.get("size", 0)
    if not isinstance(size, int) or size < 0:
        raise ValueError(f"a size of {size}")
    # A name that is no UTF-8 comes in base64.
    name = binascii.a2b_base64(entry["name_raw"]) if entry.get("name_raw") else entry["name"].encode()
    return FileContent(name, size)
