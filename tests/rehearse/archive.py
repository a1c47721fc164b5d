# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives in parts of a bounded size, with a list of their SHA-256."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

PART_BYTES = 48_000_000
CHUNK_BYTES = 1 << 20
CHECKSUMS = "SHA256SUMS"


def pack(name: str, tree: Path, directory: Path, level: int) -> list[Path]:
    """Write C(tree) to C(directory) as C(NAME.00), C(NAME.01) and so on, and return these."""
    for old in directory.glob(f"{name}.[0-9][0-9]"):
        old.unlink()
    tar = ["tar", "--create", "--sort=name", "--numeric-owner", f"--directory={tree}", "."]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as tarring:
        xz = ["xz", "--threads=0", f"-{level}"]
        with subprocess.Popen(xz, stdin=tarring.stdout, stdout=subprocess.PIPE) as compressing:
            assert compressing.stdout
            parts = list(_split(compressing.stdout, directory / name))
    for process in (tarring, compressing):
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
    return parts


def _split(stream: IO[bytes], stem: Path) -> Iterator[Path]:
    number, chunk = 0, stream.read(CHUNK_BYTES)
    while chunk:
        part = stem.with_name(f"{stem.name}.{number:02d}")
        with part.open("wb") as file:
            while chunk and file.tell() + len(chunk) <= PART_BYTES:
                file.write(chunk)
                chunk = stream.read(CHUNK_BYTES)
        yield part
        number += 1


def write_checksums(parts: Sequence[Path], directory: Path) -> None:
    """Write the list as sha256sum reads it."""
    lines = [f"{_sha256(part)}  {part.name}\n" for part in sorted(parts)]
    (directory / CHECKSUMS).write_text("".join(lines))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
