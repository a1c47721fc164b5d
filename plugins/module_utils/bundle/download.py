# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that are there and whole are kept; others are downloaded, verified, and only then get their names."""

from __future__ import annotations

import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..base.errors import ClusterError
from ..web.fetch import USER_AGENT
from .release import File

AT_A_TIME = 8
TRIES = 3
PART_BYTES = 1 << 20
UNFINISHED = ".unfinished"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(PART_BYTES):
            digest.update(part)
    return digest.hexdigest()


def is_whole(path: Path, file: File) -> bool:
    """Return whether the file is there with this size and content; one whose digest is not known has to be there."""
    if not path.is_file() or path.is_symlink():
        return False
    return not file.sha256 or (path.stat().st_size == file.size and sha256_of(path) == file.sha256)


def lacking(directory: Path, files: Sequence[File]) -> list[File]:
    """Return those of the files that are not there, or not whole."""
    return [file for file in files if not is_whole(directory / file.path, file)]


def download(directory: Path, files: Sequence[File], seconds: float) -> None:
    """Download files, several at a time; ``seconds`` is how long a server may be silent. Raise ClusterError."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for _done in pool.map(lambda file: _download(directory / file.path, file, seconds), files):
            pass


def _download(path: Path, file: File, seconds: float) -> None:
    unfinished = path.with_name(path.name + UNFINISHED)
    said = ""
    for tried in range(TRIES):
        time.sleep(tried)
        try:
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            digest = _receive(file.source, unfinished, seconds)
        except urllib.error.HTTPError as error:
            error.close()
            raise ClusterError(f"{file.source} answers {error.code} {error.reason}.") from error
        except (OSError, ValueError) as error:
            said = str(getattr(error, "reason", None) or error)
            continue
        if not file.sha256 or digest == file.sha256:
            unfinished.chmod(0o644)
            unfinished.replace(path)
            return
        said = f"it has the SHA-256 {digest}, and has to have {file.sha256}"
    unfinished.unlink(missing_ok=True)
    raise ClusterError(f"{file.source} cannot be downloaded: {said}, {TRIES} times.")


def _receive(source: str, path: Path, seconds: float) -> str:
    if not source.startswith(("http://", "https://")):
        raise ValueError("it is no address of HTTP")
    digest = hashlib.sha256()
    request = urllib.request.Request(source, headers={"User-Agent": USER_AGENT})  # noqa: S310 (seen to above)
    with urllib.request.build_opener().open(request, timeout=seconds) as response, path.open("wb") as stream:
        while part := response.read(PART_BYTES):
            digest.update(part)
            stream.write(part)
    return digest.hexdigest()
