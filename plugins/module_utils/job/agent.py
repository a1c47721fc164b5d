# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent that runs on every host while a job is followed, and reports the state of the host's rank.

It ends with its stdin, which the controller holds; the job does not depend on it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from ..base.agent import Emit, serve
from ..engine.socket import DEFAULT_DOCKER_HOST
from .files import JobFiles
from .rank_observer import RankObserver
from .stacks import read_stacks
from .stop import stop_job

# As /proc/PID/comm shows it: at most 15 characters.
PROCESS_NAME = "distrain-watch"
_SOCKET = DEFAULT_DOCKER_HOST.removeprefix("unix://")


class JobAgent:
    """Handles the commands watch, which reports until the end, and stacks, clock and stop, with one answer each."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._is_over = threading.Event()

    def handle(self, command: Mapping[str, Any]) -> None:
        verb, job = command["do"], command["job"]
        if verb == "watch":
            self._watch(job, command)
        elif verb == "stacks":
            stacks = read_stacks(JobFiles(job["directory"], job["name"]), job["container"], _SOCKET)
            self._emit({"event": "stacks", "found": stacks})
        elif verb == "clock":
            self._emit({"event": "clock", "found": time.time()})
        elif verb == "stop":
            stop_job(JobFiles(job["directory"], job["name"]), job["name"], command["timeout"])
            self._emit({"event": "stopped"})

    def close(self) -> None:
        self._is_over.set()

    def _watch(self, job: Mapping[str, Any], command: Mapping[str, Any]) -> None:
        observer = RankObserver(job, command["lines"])
        sent: list[str] | None = None
        while not self._is_over.is_set():
            found = observer.observe()
            lines = found["job"]["last_lines"]
            if lines == sent:
                # They are most of the message.
                del found["job"]["last_lines"]
            sent = lines
            self._emit({"event": "seen", "found": found})
            self._is_over.wait(command["interval"])


def main() -> None:
    serve(JobAgent, PROCESS_NAME)
