# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is printed while tasks run: whole lines, and on a terminal one line of progress that is replaced in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.progress import Progress

_START_OF_LINE = "\r\x1b[K"
# A log gets a line for each tenth of what is done, and where that is not known at most one in so many seconds.
_TENTH = 10
_LOG_SECONDS = 60.0


@dataclass
class Shown:
    """The last line of progress about one thing that a log has got."""

    text: str
    tenth: int | None
    at: float


@dataclass
class Screen:
    """``write`` has the arguments of Display.display; ``flush`` brings what has no end of line to the terminal.

    ``width`` is None where the output is no terminal. The lock is never taken after a fork.
    """

    write: Callable[..., None]
    flush: Callable[[], None]
    clock: Callable[[], float]
    width: Callable[[], int] | None = None
    _is_open: bool = False
    _shown: dict[str, Shown] = field(default_factory=dict)
    _lock: Any = field(default_factory=RLock)

    def show(self, text: str, *arguments: Any, **options: Any) -> None:
        """Print whole lines."""
        with self._lock:
            self._clear()
            self.write(text, *arguments, **options)

    def progress(self, line: Progress) -> None:
        """Show a line in place, or as one more line of a log where it says something new."""
        with self._lock:
            if self.width:
                self._in_place(str(line), self.width())
            elif self._is_new(line):
                self.write(str(line))

    def status(self, text: str) -> None:
        """Show on a terminal what runs now; a log gets nothing."""
        with self._lock:
            if self.width:
                self._in_place(text, self.width())

    def end(self) -> None:
        with self._lock:
            self._clear()

    def _in_place(self, text: str, width: int) -> None:
        self.write(f"{_START_OF_LINE}{text[: width - 1]}", newline=False, screen_only=True)
        self.flush()
        self._is_open = True

    def _clear(self) -> None:
        if self._is_open:
            self.write(_START_OF_LINE, newline=False, screen_only=True)
            self.flush()
            self._is_open = False

    def _is_new(self, line: Progress) -> bool:
        now, before = self.clock(), self._shown.get(line.about)
        tenth = None if line.percent is None else int(line.percent) // _TENTH
        if before and tenth is not None and before.tenth is not None:
            # Less than before is something else that begins.
            is_new = tenth != before.tenth
        else:
            is_new = not before or (str(line) != before.text and (tenth is not None or now - before.at >= _LOG_SECONDS))
        if is_new:
            self._shown[line.about] = Shown(str(line), tenth, now)
        return is_new
