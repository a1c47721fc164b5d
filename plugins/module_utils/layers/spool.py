# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The layers of an image as files of this host, saved by the engine in one pass, while readers wait for them.

This is the way for layers that cannot be read where the engine keeps them (C(source.py)). What the spool has already is
not saved again; where it has all, the engine is not asked at all.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import posixpath
import tarfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from ..base.errors import ClusterError, unexpected
from ..base.system_error import described
from ..engine.socket import EngineSocket
from ..image.compression import BadArchive
from ..image.identity import is_config_of
from ..image.state import HeldImage
from .content import is_compressed, uncompressed
from .directory import SpoolDirectory
from .growing_file import GrowingFile
from .space import refuse_small_disk

_LARGEST_DOCUMENT = 4 * 1024**2
_CHUNK = 1024**2
_GRACE = 10


class ImageSpool:
    """One image of the engine's, layer by layer. C(start) fills in the background; C(close) in any case."""

    def __init__(self, engine: EngineSocket, directory: SpoolDirectory, name: str, image: HeldImage, store: str):
        self._engine = engine
        self._directory = directory
        self._name = name
        self._image = image
        self._store = store
        self._lock = threading.Condition()
        self._layers: dict[str, Path] = {}
        self._growing: dict[str, GrowingFile] = {}
        self._sizes: dict[str, int] = {}
        self._blobs: dict[str, str] = {}
        self._config: bytes | None = None
        self._failure: Exception | None = None
        self._unchecked: set[str] = set()
        self._fills = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self.bytes_saved = 0

    def start(self, wanted: Collection[str], measured: Collection[str] = ()) -> None:
        """Begin to save the layers of these diff IDs, and to measure those in ``measured``; more of them can follow.

        Raise ClusterError where the disk is too small. What the spool has is available at once.
        """
        self._directory.prepare()
        for diff_id in set(wanted) - set(self._layers):
            path = self._directory.use(diff_id)
            if path:
                self._layers[diff_id] = path
                self._unchecked.add(diff_id)
        self._config = self._known_config()
        missing = set(wanted) - set(self._layers)
        unknown = {diff_id for diff_id in measured if self._directory.size_of(diff_id) is None}
        if not missing and not unknown and self._config is not None:
            return
        refuse_small_disk(self._engine, self._directory, self._name, self._image, self._store, missing)
        self._start_filling(missing)

    def wait_for(self, diff_id: str, timeout: float | None = None) -> Path | None:
        """Return the file of a wanted layer, once it exists and has the right digest; raise where it will not come.

        None where neither is so within ``timeout`` seconds.
        """
        with self._lock:
            if not self._lock.wait_for(lambda: diff_id in self._layers or not self._fills, timeout):
                return None
            if diff_id in self._layers:
                return self._layers[diff_id]
            raise self._why_not(f"its archive lacks the layer {diff_id}")

    def open(self, diff_id: str, timeout: float) -> tuple[int, IO[bytes]] | None:
        """Return the size of a wanted layer and its bytes, also while they are written; None and raises as C(wait_for).

        None as well where the file was just found to be damaged, or renamed.
        """
        with self._lock:
            self._lock.wait_for(lambda: diff_id in self._growing or diff_id in self._layers or not self._fills, timeout)
            growing = self._growing.get(diff_id)
        path = None if growing else self.wait_for(diff_id, 0)
        try:
            if growing:
                return growing.size, cast(IO[bytes], growing.open())
            file = path.open("rb") if path else None
        except FileNotFoundError:
            return None
        return (os.fstat(file.fileno()).st_size, file) if file else None

    def wait_for_config(self) -> bytes:
        """Wait for and return the bytes of the image's config."""
        with self._lock:
            self._lock.wait_for(lambda: self._config is not None or not self._fills)
            if self._config is not None:
                return self._config
            raise self._why_not("its archive lacks its config")

    def size_of(self, diff_id: str) -> int | None:
        """Return the size of an uncompressed layer in bytes, or None while it is not known."""
        return self._sizes.get(diff_id) or self._directory.size_of(diff_id)

    def is_unchecked(self, diff_id: str) -> bool:
        """Return whether this layer was neither read nor saved in this run."""
        return diff_id in self._unchecked

    def mark_sound(self, diff_id: str) -> None:
        self._unchecked.discard(diff_id)

    def save_again(self, diff_id: str) -> bool:
        """Discard a damaged layer and save it again; return False where that is under way."""
        with self._lock:
            if diff_id not in self._unchecked:
                return False
            self._unchecked.discard(diff_id)
            self._layers.pop(diff_id, None)
            self._directory.discard(diff_id)
            self._start_filling({diff_id})
            return True

    def close(self) -> None:
        """Stop, and let the spool come back under its limit. The files may go any time after this."""
        self._is_closed = True
        if self._thread:
            # Where the engine is still about to begin, nothing waits for it: the thread ends with this program.
            self._thread.join(_GRACE)
        self._directory.close()

    def _known_config(self) -> bytes | None:
        config = self._directory.config(self._image.identity.fingerprint)
        return config if config is not None and is_config_of(config, self._image.identity) else None

    def _start_filling(self, missing: set[str]) -> None:
        """One pass over the image at a time."""
        thread = threading.Thread(target=self._fill, args=(missing, self._thread), name="spool", daemon=True)
        with self._lock:
            thread.start()
            # Only now: nobody may wait for a thread that could not be started.
            self._thread, self._fills = thread, self._fills + 1

    def _fill(self, missing: set[str], before: threading.Thread | None) -> None:
        if before:
            before.join()
        try:
            failure = self._save(set(missing))
        except BaseException as error:
            # Of any kind: those that wait learn of it here alone.
            failure = unexpected(error)
        with self._lock:
            self._failure = failure
            self._fills -= 1
            self._lock.notify_all()

    def _save(self, missing: set[str]) -> Exception | None:
        """Return the failure, if any; what was learned before it is kept."""
        failure: Exception | None = None
        try:
            with self._engine.save(self._image.id, self._image.size) as stream:
                self._read_archive(stream, missing)
        except (ClusterError, OSError) as error:
            failure = error
        except (tarfile.TarError, http.client.HTTPException, EOFError, ValueError) as error:
            failure = BadArchive(f"The archive ended too early ({error}).")
        try:
            self._directory.remember(self._sizes, self._blobs)
        except OSError as error:
            failure = failure or error
        return failure

    def _read_archive(self, stream: IO[bytes], missing: set[str]) -> None:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() else None
                if file:
                    self._read_member(member, file, missing)
                self._stop_if_closed()

    def _read_member(self, member: tarfile.TarInfo, file: IO[bytes], missing: set[str]) -> None:
        first = file.read(_CHUNK if member.size > _LARGEST_DOCUMENT else _LARGEST_DOCUMENT)
        if first.startswith(b"{") and member.size <= _LARGEST_DOCUMENT:
            self._read_document(first)
        path = posixpath.normpath(member.name)
        if path.startswith("blobs/sha256/"):
            self._read_blob(f"sha256:{posixpath.basename(path)}", first, file, member.size, missing)
        elif path.endswith("/layer.tar"):
            self._spool(first, file, member.size, missing)

    def _read_blob(self, digest: str, first: bytes, file: IO[bytes], size: int, missing: set[str]) -> None:
        """Read a blob, whose name is its digest, unless it is known not to be wanted."""
        if not is_compressed(first):
            if digest in self._image.identity.diff_ids:
                self._sizes[digest] = size
            if digest in missing:
                self._spool(first, file, size, missing, digest)
            return
        known = self._directory.layer_in(digest)
        if known is None or known in missing or self._directory.size_of(known) is None:
            self._blobs[digest] = self._spool(first, file, size, missing)

    def _read_document(self, document: bytes) -> None:
        if self._config is None and is_config_of(document, self._image.identity):
            self._directory.keep_config(self._image.identity.fingerprint, document)
            with self._lock:
                self._config = document
                self._lock.notify_all()

    def _spool(self, first: bytes, file: IO[bytes], size: int, missing: set[str], announced: str = "") -> str:
        """Write a layer as it comes, keep it where it is one that is missed, and return its diff ID.

        ``announced`` is the diff ID that the archive names before the bytes: readers that wait for it may read along.
        """
        self._directory.make_room(size)
        digest = hashlib.sha256()
        written = 0
        with self._directory.incoming() as incoming, self._read_along(announced, incoming.path, size) as growing:
            for chunk in uncompressed(first, file):
                digest.update(chunk)
                incoming.file.write(chunk)
                incoming.file.flush()
                written += len(chunk)
                growing.grow(written)
                self.bytes_saved += len(chunk)
                self._stop_if_closed()
            diff_id = f"sha256:{digest.hexdigest()}"
            if diff_id in self._image.identity.diff_ids:
                self._sizes[diff_id] = written
            if diff_id not in missing:
                return diff_id
            path = self._directory.keep(incoming, diff_id)
            if diff_id == announced:
                growing.end()
            missing.discard(diff_id)
            with self._lock:
                self._layers[diff_id] = path
                self._lock.notify_all()
        return diff_id

    @contextmanager
    def _read_along(self, announced: str, path: Path, size: int) -> Iterator[GrowingFile]:
        growing = GrowingFile(path, size)
        with self._lock:
            if announced:
                self._growing[announced] = growing
                self._lock.notify_all()
        try:
            yield growing
        finally:
            with self._lock:
                self._growing.pop(announced, None)
            growing.fail()

    def _stop_if_closed(self) -> None:
        if self._is_closed:
            raise ClusterError("The spool was closed before it was filled.")

    def _why_not(self, otherwise: str) -> ClusterError:
        if isinstance(self._failure, ClusterError):
            return ClusterError(f"{self._name} could not be saved: {self._failure.message}", **self._failure.details)
        if isinstance(self._failure, OSError):
            return ClusterError(f"{self._name} could not be saved: {described(self._failure)}")
        return ClusterError(f"{self._name} could not be saved: {self._failure or otherwise}.")


def layer_sizes(engine: EngineSocket, name: str, layers: int) -> tuple[int, ...]:
    """Return the bytes in files of each layer, lowest first; empty where the engine's history does not say."""
    history = [step.get("Size") or 0 for step in reversed(engine.history(name))]
    if len(history) == layers:
        return tuple(history)
    filled = tuple(size for size in history if size)
    return filled if len(filled) == layers else ()
