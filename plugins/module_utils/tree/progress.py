# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host is doing while it lists and reads a directory, in words, as long as it gets on with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..base.sizes import in_words

_SECONDS = 4.0


class Progress:
    """What was done so far. Some threads add to it; a sum that is a little late harms nobody."""

    def __init__(self) -> None:
        self.listed = 0
        self.files = 0  # among them
        self.files_read = 0
        self.bytes_read = 0
        self.bytes_copied = 0
        self.compares = False  # that needs no disk, so that it gets on in any case

    def __str__(self) -> str:
        words = [f"{self.listed} files and directories listed"]
        if self.files_read:
            words.append(f"{self.files_read} files with {in_words(self.bytes_read)} read")
        if self.compares:
            words.append("being compared with those of the source")
        if self.bytes_copied:
            words.append(f"{in_words(self.bytes_copied)} copied here")
        return ", ".join(words)

    @contextmanager
    def reported(self, report: Callable[[str], None], seconds: float = _SECONDS) -> Iterator[None]:
        """Report it every few seconds, where it has changed."""
        is_over = threading.Event()
        thread = threading.Thread(target=self._run, args=(report, seconds, is_over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()

    def _run(self, report: Callable[[str], None], seconds: float, is_over: threading.Event) -> None:
        last = str(self)
        while not is_over.wait(seconds):
            words = str(self)
            if words != last or self.compares:
                report(words)
                last = words
