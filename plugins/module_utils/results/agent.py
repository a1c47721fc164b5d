# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent that runs on every host while the log and the results of its rank are fetched.

It ends with its stdin, which the controller holds.
"""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.agent import Emit, serve
from .outputs import Survey, read_pieces, why_not

# As /proc/PID/comm shows it: at most 15 characters.
PROCESS_NAME = "distrain-fetch"
_BUSY_SECONDS = 5.0
_LEVEL = 1
# Data that hardly compresses, such as weights, is sent as it is.
_WORTH_IT = 0.9


class OutputsAgent:
    """Handles the commands survey, which lists the files, and send, which sends those of the given numbers."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._files: list[dict[str, Any]] = []
        self._busy_at = time.monotonic()

    def handle(self, command: Mapping[str, Any]) -> None:
        if command["do"] == "survey":
            found = Survey(self._busy).run(command["wanted"])
            self._files = found["files"]
            self._emit({"event": "found", "found": found})
        elif command["do"] == "send":
            self._send(command["numbers"])

    def close(self) -> None:
        """Do nothing: no file was written."""

    def _send(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._send_file(number, self._files[number])
        self._emit({"event": "done"})

    def _send_file(self, number: int, file: Mapping[str, Any]) -> None:
        is_packed, error = True, ""
        try:
            for piece, block in read_pieces(file["root"], file["path"], file["pieces"]):
                data = zlib.compress(block, _LEVEL) if is_packed else block
                described = {"number": number, "piece": piece, "packed": is_packed}
                self._emit({"event": "data", **described, "data": base64.b64encode(data).decode()})
                is_packed = is_packed and len(data) < _WORTH_IT * len(block)
        except OSError as raised:
            error = why_not(raised)
        self._emit({"event": "end", "number": number, "error": error})

    def _busy(self) -> None:
        if time.monotonic() - self._busy_at > _BUSY_SECONDS:
            self._busy_at = time.monotonic()
            self._emit({"event": "busy"})


def main() -> None:
    serve(OutputsAgent, PROCESS_NAME)
