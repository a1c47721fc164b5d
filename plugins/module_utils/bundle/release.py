# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which indexes of packages an InRelease of apt names, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import ClusterError

# The smallest first; an index is wanted in one of these forms.
SUFFIXES = (".xz", ".gz", "")
FLAT = "/"
ALL = "all"


@dataclass(frozen=True)
class File:
    """A file of a bundle: its path below the directory in question, its size in bytes, its SHA-256, its address."""

    path: str
    size: int
    sha256: str
    source: str = ""

    def as_result(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {"path": self.path, "size": self.size, "sha256": self.sha256, "source": self.source}


def suite_directory(suite: str) -> str:
    """Return the directory of a suite below its repository; empty for a flat repository."""
    return "" if suite == FLAT else f"dists/{suite}"


def index_files(text: str, suite: str, components: Sequence[str], architecture: str) -> list[File]:
    """Return the indexes of packages that an InRelease names, each once, by their paths below the repository.

    Raises ClusterError where there is none for a component and the architecture.
    """
    listed, architectures = _listed(text)
    stems = ["Packages"] if suite == FLAT else [f"{one}/binary-{architecture}/Packages" for one in components]
    found = []
    for stem in stems:
        file = _smallest(listed, stem)
        if file is None:
            raise ClusterError(
                f"The InRelease of {suite} names no index {stem}: its architectures are "
                f"{', '.join(architectures) or 'not named'}."
            )
        found.append(file)
    if suite != FLAT and ALL in architectures and "No-Support-for-Architecture-all: Packages" not in text:
        others = (_smallest(listed, f"{one}/binary-{ALL}/Packages") for one in components)
        found += [file for file in others if file]
    directory = suite_directory(suite)
    return [File(f"{directory}/{file.path}".lstrip("/"), file.size, file.sha256) for file in found]


def _smallest(listed: Mapping[str, File], stem: str) -> File | None:
    return next((listed[stem + suffix] for suffix in SUFFIXES if stem + suffix in listed), None)


def _listed(text: str) -> tuple[dict[str, File], list[str]]:
    """Return the files below the field SHA256 by their paths, and the architectures."""
    architectures: list[str] = []
    for line in text.splitlines():
        if line.startswith("Architectures:"):
            architectures = line.partition(":")[2].split()
    return {file.path: file for file in _of_field(text, "SHA256:")}, architectures


def _of_field(text: str, field: str) -> Iterator[File]:
    is_inside = False
    for line in text.splitlines():
        if not line.startswith(" "):
            is_inside = line.strip() == field
        elif is_inside and len(words := line.split()) == 3:
            yield File(words[2], int(words[1]), words[0])
