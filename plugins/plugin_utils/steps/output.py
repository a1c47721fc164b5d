# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screen and the full log behind Ansible's Display, which everything is printed through."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import Any

from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.text.progress import Progress

from .full_log import FullLog
from .screen import Screen


class Output:
    """Takes what is printed by Ansible and by workers, for the log and, where it is ``short``, in order with progress.

    Display has no other place where what workers print comes by.
    """

    def __init__(self, display: Any, log: FullLog, is_short: bool) -> None:
        self._process = os.getpid()
        self._write = display.display
        self._log = log
        self._is_short = is_short
        width = _terminal_width if sys.stdout.isatty() else None
        self.screen = Screen(self._write, sys.stdout.flush, time.monotonic, width)
        # What is printed once before the next line, and then what is said of short tasks.
        self.heading = ""
        self.held: tuple[str, str | None] | None = None
        display.display = self._take

    def hold(self, text: str, color: str | None) -> None:
        """Say this before what is said next, or never where it is replaced before."""
        self.held = (text, color)

    def say_held(self) -> None:
        if self.held:
            self._say_first()

    def say(self, text: str, color: str | None = None) -> None:
        """Print lines that the log gets in another form."""
        self._say_first()
        self.screen.show(text, color=color, screen_only=True)

    def _take(self, msg: str, *arguments: Any, **options: Any) -> None:
        """Print in place of Display.display. In a worker that one sends it to this method of the first process."""
        if os.getpid() != self._process:
            self._write(msg, *arguments, **options)
            return
        if not options.get("screen_only"):
            self._log.write(msg)
        if not self._is_short or options.get("log_only"):
            self._write(msg, *arguments, **options)
        elif isinstance(msg, Progress):
            self._say_first()
            self.screen.progress(msg)
        else:
            self._say_first()
            self.screen.show(msg, *arguments, **options)

    def _say_first(self) -> None:
        heading, self.heading = self.heading, ""
        if heading:
            self.screen.show(heading, color="bright cyan", screen_only=True)
        held, self.held = self.held, None
        if held:
            self.screen.show(held[0], color=held[1], screen_only=True)


class LogDisplay:
    """Stands for Display where the default callback prints: all goes to logs, and warnings to the screen too."""

    def __init__(self, display: Any) -> None:
        self._real = display

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def display(self, msg: str, *_arguments: Any, **options: Any) -> None:
        if not options.get("screen_only"):
            self._real.display(msg, log_only=True)

    def banner(self, msg: str, *_arguments: Any, **_options: Any) -> None:
        self.display(f"\n{time.strftime('%H:%M:%S')} {msg.strip()} ***")

    def _error(self, *arguments: Any, **options: Any) -> None:
        # The screen gets the error of a task in the lines of that task.
        Display._error(self, *arguments, **options)


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns
