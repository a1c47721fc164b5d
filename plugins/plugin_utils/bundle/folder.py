# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a bundle's folder, with their digests: computed, or remembered where a file has not changed since."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.download import sha256_of

from .manifest import MANIFEST, SIGNATURE, Found

# A later change may have the same time as one before the reading.
SETTLED_SECONDS = 60
MEMORY = Path("~/.cache/distrain/bundles.json")
_OWN = {MANIFEST, SIGNATURE}

Identity = tuple[int, int, int, int]


def files_of(folder: Path, wants_digest: Callable[[str, int], bool]) -> dict[str, Found]:
    """Return the files below a folder by their paths in it, but the manifest and its signature; raise PlanError.

    ``wants_digest`` says by path and size whether a file is worth reading. A link in the folder is an error.
    """
    memory = _Memory(MEMORY.expanduser())
    found: dict[str, Found] = {}
    try:
        for path in _walked(folder):
            name = path.relative_to(folder).as_posix()
            if name in _OWN:
                continue
            size = path.stat().st_size
            found[name] = Found(size, memory.digest_of(path) if wants_digest(name, size) else "")
    except OSError as error:
        raise PlanError(f"{error.filename or folder} cannot be read on the controller: {error.strerror}.") from error
    memory.store()
    return found


def _walked(folder: Path) -> list[Path]:
    paths = sorted(folder.rglob("*"))
    odd = next((path for path in paths if path.is_symlink() or not (path.is_dir() or path.is_file())), None)
    if odd:
        raise PlanError(f"{odd} is no regular file, and a bundle has nothing else: make it again.")
    return [path for path in paths if path.is_file()]


class _Memory:
    """The digests of files whose size, inode and times have not changed since; it may go at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self._load()
        self._new: dict[str, Any] = {}

    def digest_of(self, path: Path) -> str:
        name, before = str(path.absolute()), _identity(path)
        known = self._known.get(name)
        if known and tuple(known["identity"]) == before:
            return str(known["sha256"])
        digest = sha256_of(path)
        if _identity(path) == before and time.time() - path.stat().st_ctime > SETTLED_SECONDS:
            self._new[name] = {"identity": before, "sha256": digest}
        return digest

    def store(self) -> None:
        if not self._new:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self._path.with_suffix(f".{os.getpid()}")
            unfinished.touch(mode=0o600)
            unfinished.write_text(json.dumps({**self._known, **self._new}))
            unfinished.replace(self._path)

    def _load(self) -> Mapping[str, Any]:
        try:
            # Only what this user alone could have written is believed.
            status = self._path.stat()
            if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return {}
            known = json.loads(self._path.read_text())
            return known if isinstance(known, dict) else {}
        except (OSError, ValueError):
            return {}


def _identity(path: Path) -> Identity:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
