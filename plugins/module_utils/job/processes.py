# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processes of a job on its host: those with the job's control directory in their environment."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

MARK = "DISTRAIN_JOB"


class JobProcesses:
    """``mark`` is the value of the variable DISTRAIN_JOB that every process of the job inherits."""

    def __init__(self, mark: str, proc: str = "/proc") -> None:
        self._mark = f"{MARK}={mark}".encode()
        self._proc = Path(proc)

    def pids(self) -> list[int]:
        """Return the processes of this job, in whatever session."""
        return [pid for pid in self._all() if self._mark in self._environment(pid)]

    def variable(self, pid: int, name: str) -> str:
        """Return an environment variable of a process, empty where it is not set."""
        before = f"{name}=".encode()
        found = (entry for entry in self._environment(pid) if entry.startswith(before))
        return next(found, b"").removeprefix(before).decode(errors="replace")

    def send(self, signal_number: signal.Signals) -> None:
        """Send a signal to each process of the job."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)

    def _all(self) -> list[int]:
        return [int(entry.name) for entry in self._proc.iterdir() if entry.name.isdigit()]

    def _environment(self, pid: int) -> list[bytes]:
        try:
            return (self._proc / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            return []
