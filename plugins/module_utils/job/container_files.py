# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one reader of what a container wrote: regular files below a directory, no link followed, bounded.

A container is not trusted by its host. Whatever it puts in the place of a file that is looked for (a link, a FIFO, a
device, a directory, gigabytes) reads as if the file were not there, or as its first or last part.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from dataclasses import dataclass
from typing import Any

from ..files.safe_open import Listed, list_directory, open_beneath, read_regular

AT_EITHER_END = 64 * 1024
MOST_ENTRIES = 10_000
MOST_FILE_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class ContainerFiles:
    """A directory that a container writes: ``relative`` below ``root``.

    ``root`` is a path that no container can exchange, such as the source of a volume; ``relative`` is not trusted.
    """

    root: str
    relative: str = ""

    @property
    def path(self) -> str:
        """The whole path, for messages."""
        return os.path.normpath(f"{self.root}/{self.relative}")

    def below(self, name: str) -> ContainerFiles:
        return ContainerFiles(self.root, f"{self.relative}/{name}" if self.relative else name)

    def beginning(self, name: str) -> str:
        """The first 64 KiB of a regular file; empty where there is none."""
        return self._text(name, AT_EITHER_END, from_end=False)

    def end(self, name: str) -> str:
        """The last 64 KiB of a regular file; empty where there is none."""
        return self._text(name, AT_EITHER_END, from_end=True)

    def text(self, name: str) -> str:
        """A regular file of at most 64 MiB; of a longer one the beginning; empty where there is none."""
        return self._text(name, MOST_FILE_BYTES, from_end=False)

    def json(self, name: str) -> dict[str, Any]:
        """The object in a JSON file of at most 64 MiB; empty where there is none."""
        try:
            content = json.loads(self.text(name))
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def modified(self, name: str) -> float | None:
        """When a regular file was last written, in seconds of the epoch; None where there is none."""
        found = self.status(name)
        return found.st_mtime if found else None

    def status(self, name: str) -> os.stat_result | None:
        """What the kernel knows of a regular file; None where there is none."""
        try:
            descriptor = open_beneath(self.root, self.below(name).relative, os.O_PATH)
        except OSError:
            return None
        try:
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        return found if stat.S_ISREG(found.st_mode) else None

    def first_of(self, names: list[str]) -> tuple[str, os.stat_result] | None:
        """The first of these names that is a regular file in the directory itself, and its status."""
        try:
            directory = open_beneath(self.root, self.relative, os.O_PATH | os.O_DIRECTORY)
        except OSError:
            return None
        try:
            for name in names:
                with contextlib.suppress(OSError):
                    found = os.stat(name, dir_fd=directory, follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode):
                        return name, found
        finally:
            os.close(directory)
        return None

    def entries(self) -> list[Listed]:
        """What lies in the directory, at most 10,000 entries; none where it is no directory."""
        try:
            return list_directory(self.root, self.relative, MOST_ENTRIES)
        except OSError:
            return []

    def _text(self, name: str, most: int, from_end: bool) -> str:
        try:
            content = read_regular(self.root, self.below(name).relative, most, from_end)
        except OSError:
            return ""
        return content.decode(errors="replace")
