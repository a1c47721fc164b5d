# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory of uncompressed layers by their diff IDs, and of configs by fingerprints, of a bounded size.

It is one of its own, marked as such: nothing is written in another, and only names of the kinds below are ever removed.

Several programs may use one directory at once: who uses a file holds a lock on it, which ends with the program, so what
is locked is in use and what is not is left over. Layers are C(HEX), configs C(HEX.json), both of a SHA-256.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..base.disk import free_bytes
from ..base.errors import ClusterError
from ..base.sizes import in_words
from ..base.system_error import described
from ..files.owned_directory import OwnedDirectory
from ..relay.unfinished import BEGUN

DEFAULT_DIRECTORY = "/var/lib/distrain/spool"
DEFAULT_LIMIT_BYTES = 64 * 10**9
_CHUNK = 1024**2
_LAYER = re.compile(r"[0-9a-f]{64}")
_CONFIG = re.compile(r"[0-9a-f]{64}\.json")
_TEMPORARY = ".part-"
_MARK = ".distrain-spool"
_INDEX = "index.json"
_SIZES = "sizes"
_BLOBS = "blobs"
_MOST_ENTRIES = 4096
_MOST_CONFIGS = 64


@dataclass(frozen=True)
class Incoming:
    """A file that has no name yet."""

    path: Path
    file: IO[bytes]


def owned_spool(path: str) -> OwnedDirectory:
    return OwnedDirectory(path, "spool_directory", _MARK, _is_own)


class SpoolDirectory:
    """Stores layers, keeps those in use, and removes the least recently used first."""

    def __init__(self, path: str = DEFAULT_DIRECTORY, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.path = Path(path)
        self.limit_bytes = limit_bytes
        self._used: dict[str, int] = {}
        self._owned = owned_spool(path)

    def check(self) -> None:
        """Raise PlanError where the directory is not ours; change nothing."""
        self._owned.check()

    def prepare(self) -> None:
        """Make the directory, for root alone, and remove the temporary files of dead programs."""
        self._owned.claim()
        try:
            for left in self.path.glob(f"{_TEMPORARY}*"):
                with _lock_of(left) as is_free:
                    if is_free:
                        left.unlink(missing_ok=True)
        except OSError as error:
            raise ClusterError(f"The spool {self.path} cannot be used: {described(error)}") from error

    def has_leftovers(self) -> bool:
        """Whether there is a file that is being written, or was when its program died."""
        return any(self.path.glob(f"{_TEMPORARY}*"))

    def use(self, diff_id: str) -> Path | None:
        """The layer's file, kept until C(close); None where it is not here."""
        path = self.path / _hex(diff_id)
        if diff_id not in self._used:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if os.fstat(descriptor).st_nlink == 0 or not self._is_sound(path, descriptor, diff_id):
                os.close(descriptor)
                return None
            self._used[diff_id] = descriptor
            os.utime(descriptor)
        return path

    def discard(self, diff_id: str) -> None:
        """Remove the layer; readers that have it open go on reading it."""
        self._owned.check()
        descriptor = self._used.pop(diff_id, None)
        if descriptor is not None:
            os.close(descriptor)
        (self.path / _hex(diff_id)).unlink(missing_ok=True)

    def _is_sound(self, path: Path, descriptor: int, diff_id: str) -> bool:
        """Check a layer that is older than this host's last boot: it was not synced to the disk."""
        if os.fstat(descriptor).st_mtime > _boot_time():
            return True
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if digest.hexdigest() == _hex(diff_id):
            return True
        path.unlink(missing_ok=True)
        return False

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """Yield a file to write into, which is removed unless C(keep) gives it a name."""
        self._owned.claim()
        descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=self.path)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX)
                yield Incoming(path, file)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, incoming: Incoming, diff_id: str) -> Path:
        """Give the file, which was found to be this layer, its name for good, and use it."""
        incoming.file.flush()
        # From here on others may use it too.
        fcntl.flock(incoming.file.fileno(), fcntl.LOCK_SH)
        path = self.path / _hex(diff_id)
        incoming.path.replace(path)
        self.use(diff_id)
        return path

    def make_room(self, size: int) -> None:
        """Remove unused layers until ``size`` more bytes fit under the limit; raise ClusterError on a full disk."""
        self._owned.check()
        layers = self._layers()
        held = sum(status.st_size for _path, status in layers)
        for path, _status in layers:
            if held + size <= self.limit_bytes:
                break
            held -= _remove_unused(path)
        free = free_bytes(str(self.path))
        if free is not None and free < size:
            raise ClusterError(
                f"The disk is too small for the spool: {in_words(free)} are free at {self.path}, but the next layer "
                f"has {in_words(size)}. Make room there.",
                free_bytes=free,
                needed_bytes=size,
            )

    def size_of(self, diff_id: str) -> int | None:
        """Return the layer's size in bytes, also of one that is not here; None where it is not known."""
        try:
            return (self.path / _hex(diff_id)).stat().st_size
        except FileNotFoundError:
            return self._index().get(_SIZES, {}).get(diff_id)

    def layer_in(self, blob: str) -> str | None:
        """Return the diff ID of the layer in this compressed blob; None where it is not known."""
        return self._index().get(_BLOBS, {}).get(blob)

    def remember(self, sizes: Mapping[str, int], blobs: Mapping[str, str]) -> None:
        """Keep what was learned: sizes by diff IDs, and diff IDs by the digests of compressed blobs."""
        known = self._index()
        learned = {_SIZES: sizes, _BLOBS: blobs}
        merged = {kind: {**known.get(kind, {}), **new} for kind, new in learned.items()}
        if merged != known:
            newest = {kind: dict(list(entries.items())[-_MOST_ENTRIES:]) for kind, entries in merged.items()}
            self._write(_INDEX, json.dumps(newest).encode())

    def config(self, fingerprint: str) -> bytes | None:
        try:
            return (self.path / f"{_hex(fingerprint)}.json").read_bytes()
        except FileNotFoundError:
            return None

    def keep_config(self, fingerprint: str, config: bytes) -> None:
        self._write(f"{_hex(fingerprint)}.json", config)
        configs = [path for path in self.path.iterdir() if _CONFIG.fullmatch(path.name)]
        configs.sort(key=lambda path: path.stat().st_mtime)
        for path in configs[:-_MOST_CONFIGS]:
            path.unlink(missing_ok=True)

    def describe(self) -> dict[str, Any]:
        """Return what the spool holds; the free space is that of the nearest existing directory above it."""
        layers = self._layers()
        there = next(path for path in (self.path, *self.path.parents) if path.is_dir())
        return {
            "directory": str(self.path),
            "layers": len(layers),
            "bytes": sum(status.st_size for _path, status in layers),
            "limit_bytes": self.limit_bytes,
            "free_bytes": free_bytes(str(there)) or 0,
        }

    def close(self) -> None:
        """Stop using all layers, and come back under the limit."""
        for descriptor in self._used.values():
            os.close(descriptor)
        self._used = {}
        self.make_room(0)

    def _layers(self) -> list[tuple[Path, os.stat_result]]:
        """Every layer, the least recently used first."""
        found = []
        for path in self.path.iterdir() if self.path.is_dir() else ():
            if _LAYER.fullmatch(path.name):
                try:
                    found.append((path, path.stat()))
                except FileNotFoundError:
                    continue
        return sorted(found, key=lambda one: one[1].st_mtime_ns)

    def _index(self) -> dict[str, dict[str, Any]]:
        try:
            return json.loads((self.path / _INDEX).read_bytes())
        except (FileNotFoundError, ValueError):
            return {}

    def _write(self, name: str, content: bytes) -> None:
        with self.incoming() as incoming:
            incoming.file.write(content)
            incoming.file.flush()
            incoming.path.replace(self.path / name)


def _is_own(name: str) -> bool:
    is_whole = _LAYER.fullmatch(name) or _CONFIG.fullmatch(name) or name in (_INDEX, _MARK)
    return bool(is_whole) or name.startswith((_TEMPORARY, BEGUN))


def _boot_time() -> float:
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return float("inf")
    return next((float(line.split()[1]) for line in lines if line.startswith("btime ")), float("inf"))


def _hex(digest: str) -> str:
    return digest.rpartition(":")[2]


@contextmanager
def _lock_of(path: Path) -> Iterator[bool]:
    """Yield whether the file is unused; until the end of the context no program begins to use it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _remove_unused(path: Path) -> int:
    """Remove the file and return its bytes; 0 where it is in use."""
    with _lock_of(path) as is_free:
        if not is_free:
            return 0
        size = path.stat().st_size
        path.unlink()
        return size
