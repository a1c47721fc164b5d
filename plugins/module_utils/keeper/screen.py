# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper says, for whoever looks at its job."""

from __future__ import annotations

import contextlib
import sys
import time

from ..base.errors import ClusterError
from ..follow.bounded_lines import BoundedLines
from .place import Place, write_json

MOST_BYTES = 1024**2
WARNING, LINE = "warning", "line"


class Screen:
    """Keeps lines in a file of bounded size, writes them to the journal, and keeps the newest line of progress."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lines = BoundedLines(str(place.screen), MOST_BYTES, lambda entry: entry["text"])

    def warn(self, text: str) -> None:
        self._say(WARNING, text)

    def line(self, text: str) -> None:
        self._say(LINE, text)

    def progress(self, text: str, percent: float | None) -> None:
        """Keep this line of progress in the place of the one before it."""
        with contextlib.suppress(ClusterError):
            write_json(self._place.progress, {"at": round(time.time(), 3), "text": text, "percent": percent})

    def _say(self, kind: str, text: str) -> None:
        sys.stderr.write(f"{self._place.trainer} {self._place.job}: {text}\n")
        sys.stderr.flush()
        # A full disk keeps nobody from training.
        with contextlib.suppress(OSError):
            self._lines.append({"at": round(time.time(), 3), "kind": kind, "text": text})
