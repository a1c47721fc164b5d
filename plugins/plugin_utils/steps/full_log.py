# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file that gets all that Ansible's default callback would have printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

MODE = 0o600
_COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")


class FullLog:
    """Keeps what it gets until ``open`` says where it goes. That it cannot be written is no error but a ``problem``."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.problem = ""
        self._descriptor = -1
        self._kept: list[str] = []

    def open(self, path: Path) -> None:
        """Write from now on into this file, in place of what another run has left in it."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, MODE)
            os.fchmod(self._descriptor, MODE)
        except OSError as error:
            self._give_up(error)
        kept, self._kept = self._kept, []
        for text in kept:
            self.write(text)

    def write(self, text: str) -> None:
        """Append the text as lines, without colours."""
        if self.problem:
            return
        if self.path is None:
            self._kept.append(text)
            return
        line = _COLOUR.sub("", text)
        content = (line if line.endswith("\n") else f"{line}\n").encode(errors="replace")
        try:
            # Not through a buffer: a worker is a fork of this process and would write it again.
            os.write(self._descriptor, content)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.problem = f"The full log of this run cannot be written to {self.path}: {error.strerror}."
