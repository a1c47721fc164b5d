# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Digests and contents of files on the controller that an image is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.image.archive import read_archive


def archive_facts(path: Path) -> dict[str, Any]:
    """The names and the fingerprint of the image in an archive of docker save; its layers are not read.

    Raises PlanError where it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            archived = read_archive(stream, check_layers=False)
    except OSError as error:
        raise PlanError(f"The image archive {path} cannot be read: {error.strerror}.") from None
    except ClusterError as error:
        raise PlanError(f"{path}: {error.message}") from None
    return {"names": list(archived.names), "fingerprint": archived.identity.fingerprint}


def path_digest(path: Path) -> str:
    """One digest of the names and contents of a file, or of all files below a directory but hidden ones.

    The name of the path itself, owners, modes and times do not matter. Raises PlanError where it cannot be read.
    """
    whole = hashlib.sha256()
    try:
        for name, file in _files_of(path):
            whole.update(f"{_digest_of_file(file)}  {name}\n".encode())
    except OSError as error:
        raise PlanError(f"{error.filename or path} cannot be read: {error.strerror}.") from None
    return f"sha256:{whole.hexdigest()}"


def _files_of(path: Path) -> Iterator[tuple[str, Path]]:
    """Each file with its name below ``path``, in an order that does not depend on the file system."""
    if not path.is_dir():
        yield "", path
        return
    for file in sorted(path.rglob("*")):
        below = file.relative_to(path)
        if file.is_file() and not any(part.startswith(".") for part in below.parts):
            yield below.as_posix(), file


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
