# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read files that a container wrote, which its host does not trust.

Only regular files below a directory are read, and no link is followed. A link, a FIFO, a device or a directory in the
place of a file reads as if the file were absent, and of a file that is too large only one end is read.
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

    No container can replace a component of ``root``, such as the source of a volume; ``relative`` is not trusted.
    """

    root: str
    relative: str = ""

    @property
    def path(self) -> str:
        """The full path, for messages."""
        return os.path.normpath(f"{self.root}/{self.relative}")

    def below(self, name: str) -> ContainerFiles:
        """Return the subdirectory of this name."""
        return ContainerFiles(self.root, f"{self.relative}/{name}" if self.relative else name)

    def beginning(self, name: str) -> str:
        """Return the first 64 KiB of a regular file, empty where there is none."""
        return self._text(name, AT_EITHER_END, from_end=False)

    def end(self, name: str) -> str:
        """Return the last 64 KiB of a regular file, empty where there is none."""
        return self._text(name, AT_EITHER_END, from_end=True)

    def text(self, name: str) -> str:
        """Return the first 64 MiB of a regular file, empty where there is none."""
        return self._text(name, MOST_FILE_BYTES, from_end=False)

    def json(self, name: str) -> dict[str, Any]:
        """Return the object in a JSON file of at most 64 MiB, empty where there is none."""
        try:
            content = json.loads(self.text(name))
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def modified(self, name: str) -> float | None:
        """Return when a regular file was modified, in seconds since the epoch, or None where there is none."""
        found = self.status(name)
        return found.st_mtime if found else None

    def status(self, name: str) -> os.stat_result | None:
        """Return the stat result of a regular file, or None where there is none."""
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
        """Return the first of these names that is a regular file in the directory itself, with its stat result."""
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
        """Return at most 10,000 entries of the directory, none where it is no directory."""
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
