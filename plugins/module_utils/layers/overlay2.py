# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image of the classic store, whose driver is overlay2: each layer is a directory, and what a tar file has beside.

Below the engine's directory, C(image/overlay2/layerdb/sha256/CHAIN-ID) describes a layer, C(overlay2/CACHE-ID/diff) has
its files, and C(image/overlay2/imagedb/content/sha256/IMAGE-ID) is the config of an image.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from ..base.system_error import described
from ..files.directory_walk import DirectoryWalk
from ..files.safe_open import open_beneath, open_regular, read_regular
from ..image.state import HeldImage
from .stored import Unreadable
from .tar_split import FileContent, parts_of, size_of

_METADATA = "image/overlay2"
_CHUNK = 1024**2
_LARGEST_CONFIG = 4 * 1024**2
_SHORT = 256
_CACHE_ID = re.compile(r"[0-9a-z-]{8,128}")


class Overlay2Image:
    """One image in the directory of its engine."""

    def __init__(self, root: str, image: HeldImage) -> None:
        self._root = root
        self._image_id = image.id
        diff_ids = image.identity.diff_ids
        # A layer that comes twice is in two places, with the same bytes.
        self._chain_ids = dict(zip(diff_ids, chain_ids(diff_ids), strict=True))
        self._sizes: dict[str, int] = {}

    def config(self) -> bytes:
        return self._read(f"{_METADATA}/imagedb/content/sha256/{_hex(self._image_id)}", _LARGEST_CONFIG)

    def check(self, diff_id: str) -> None:
        described_as = self._read(f"{self._layer(diff_id)}/diff", _SHORT).decode(errors="replace")
        if described_as != diff_id:
            raise Unreadable(f"the engine's directory has {described_as!r} in its place")
        with _readable():
            os.close(self._open_files(diff_id))
            os.close(open_regular(self._root, f"{self._layer(diff_id)}/tar-split.json.gz"))

    def known_size(self, diff_id: str) -> int | None:
        return self.size(diff_id)

    def size(self, diff_id: str) -> int:
        if diff_id not in self._sizes:
            with self._tar_split(diff_id) as packed:
                self._sizes[diff_id] = size_of(packed)
        return self._sizes[diff_id]

    def chunks(self, diff_id: str) -> Generator[bytes, None, None]:
        with self._tar_split(diff_id) as packed, DirectoryWalk(self._open_files(diff_id)) as files:
            small: list[bytes] = []
            waiting = 0
            for part in parts_of(packed):
                for content in _contents(files, part) if isinstance(part, FileContent) else (part.content(),):
                    small.append(content)
                    waiting += len(content)
                    if waiting >= _CHUNK:
                        yield b"".join(small) if len(small) > 1 else content
                        small, waiting = [], 0
            yield b"".join(small)

    def _layer(self, diff_id: str) -> str:
        return f"{_METADATA}/layerdb/sha256/{_hex(self._chain_ids[diff_id])}"

    def _open_files(self, diff_id: str) -> int:
        """Return a descriptor of the directory with the layer's files."""
        cache_id = self._read(f"{self._layer(diff_id)}/cache-id", _SHORT).decode(errors="replace")
        if not _CACHE_ID.fullmatch(cache_id):
            raise Unreadable(f"its cache-id is {cache_id!r}")
        with _readable():
            return open_beneath(self._root, f"overlay2/{cache_id}/diff", os.O_PATH | os.O_DIRECTORY)

    @contextmanager
    def _tar_split(self, diff_id: str) -> Iterator[IO[bytes]]:
        with _readable():
            descriptor = open_regular(self._root, f"{self._layer(diff_id)}/tar-split.json.gz")
            with os.fdopen(descriptor, "rb") as packed:
                yield packed

    def _read(self, path: str, most: int) -> bytes:
        with _readable():
            return read_regular(self._root, path, most)


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """Return the ID of each layer with those below it, by which the classic store knows it."""
    chain: list[str] = []
    for diff_id in diff_ids:
        below = f"{chain[-1]} {diff_id}" if chain else ""
        chain.append(f"sha256:{hashlib.sha256(below.encode()).hexdigest()}" if below else diff_id)
    return chain


def _contents(files: DirectoryWalk, part: FileContent) -> Iterator[bytes]:
    path = part.path()
    descriptor = files.open_regular(path)
    try:
        found = os.fstat(descriptor).st_size
        if found != part.size:
            raise Unreadable(f"{os.fsdecode(b'/'.join(path))} has {found} bytes instead of {part.size}")
        left = part.size
        while left:
            content = os.read(descriptor, min(left, _CHUNK))
            if not content:
                raise Unreadable(f"{os.fsdecode(b'/'.join(path))} was cut while it was read")
            left -= len(content)
            yield content
    finally:
        os.close(descriptor)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable(described(error).rstrip(".")) from error


def _hex(digest: str) -> str:
    return digest.rpartition(":")[2]
