# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying an image archive from one stream to another, and leaving out layers on the way."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Collection
from typing import IO, Any

from ansible_collections.distrain.cluster.plugins.module_utils.image_archive import BadArchive

_CHUNK = 1024**2


class CountingWriter:
    """A stream that tells how many bytes went into it."""

    def __init__(self, stream: IO[bytes], count: Callable[[int], None]) -> None:
        self._stream = stream
        self._count = count
        self._is_cut = False

    def write(self, chunk: bytes) -> int:
        if not self._is_cut:
            self._stream.write(chunk)
            self._count(len(chunk))
        return len(chunk)

    def cut(self) -> None:
        """Let nothing more through: tarfile writes what it still holds when it is thrown away."""
        self._is_cut = True


def copy_archive(
    source: IO[bytes], target: CountingWriter, left_out: Collection[str], confirm: Callable[[], None]
) -> int:
    """Copy the archive without the layers of these diff IDs; return how many layers went along.

    ``confirm`` is called when the source has come to its end, and raises where that end was no success. The end of the
    archive is written only after that, so that a broken archive never looks whole. Raises BadArchive where the source
    is no whole image archive.
    """
    try:
        return _copy(source, target, left_out, confirm)
    except BaseException:
        target.cut()
        raise


def _copy(source: IO[bytes], target: CountingWriter, left_out: Collection[str], confirm: Callable[[], None]) -> int:
    skipped = {f"blobs/sha256/{diff_id.partition(':')[2]}" for diff_id in left_out}
    sent: set[str] = set()
    manifest: bytes | None = None
    incoming = _open(source, "r|")
    outgoing = _open(target, "w|")
    try:
        for member in incoming:
            if member.name in skipped:
                continue
            file = incoming.extractfile(member) if member.isreg() else None
            if member.name == "manifest.json" and file:
                manifest = file.read()
                file = io.BytesIO(manifest)
            outgoing.addfile(member, file)
            sent.add(member.name)
        while source.read(_CHUNK):
            pass
    except (tarfile.TarError, EOFError) as error:
        raise BadArchive(f"the archive ended too early ({error})") from error
    confirm()
    if manifest is None:
        raise BadArchive("what came is no image archive: it has no manifest.json")
    outgoing.close()
    layers = {layer for image in json.loads(manifest) for layer in image.get("Layers") or ()}
    return len(layers & sent)


def _open(stream: Any, mode: str) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=stream, mode=mode, bufsize=_CHUNK, copybufsize=_CHUNK)  # type: ignore[call-overload]
    except (tarfile.TarError, EOFError) as error:
        raise BadArchive(f"no archive came ({error})") from error
