# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image archive as a file on this host: read as it is, or written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..base.errors import ClusterError
from .archive import read_archive
from .archived import ArchivedImage, ArchiveFile
from .compression import BadArchive


def observe_file(path: str) -> ArchiveFile | None:
    """Return the file at the path, its layers unread; None where there is none."""
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ClusterError(f"{path} cannot be looked at: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise ClusterError(f"{path} is not a file. Give the path of the archive itself.")
    try:
        image = read_file(path, check_layers=False)
    except BadArchive:
        image = None
    return ArchiveFile(status.st_size, stat.S_IMODE(status.st_mode), image)


def read_file(path: str, check_layers: bool) -> ArchivedImage:
    """The image in the file; raises BadArchive with the path in its message."""
    try:
        with Path(path).open("rb") as file:
            return read_archive(file, check_layers)
    except BadArchive as error:
        raise BadArchive(f"{path}: {error.message}") from None
    except OSError as error:
        raise ClusterError(f"{path} cannot be read: {error.strerror}.") from error


def write_file(path: str, archive: Iterable[bytes], mode: int, expected: str) -> None:
    """Write the archive under a temporary name beside the path, and give it the path once it is whole.

    ``expected`` is the fingerprint that the written image must have. What was at the path stays until then, and
    stays for good where anything goes wrong; the temporary file never does.
    """
    wanted = Path(path).absolute()
    directory = wanted.parent
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{wanted.name}.", dir=directory)
    except OSError as error:
        raise ClusterError(f"Nothing can be written into {directory}: {error.strerror}.") from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in archive:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        written = read_file(str(temporary), check_layers=False)
        if written.identity.fingerprint != expected:
            raise ClusterError("The image changed while it was being saved. Nothing was written; run it again.")
        temporary.chmod(mode)
        temporary.replace(wanted)
        _flush_directory(directory)
    except OSError as error:
        raise ClusterError(f"The archive could not be written to {path}: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
