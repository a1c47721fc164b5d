# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a job on its host, in two directories.

C(control/JOB) is written by root alone, and read-only in the container. It holds the job's record C(job.json), its
settings, the marker C(stopped), and the launcher's files until the container has read them. C(logs/JOB) is written by
the container: its runner writes C(log), and a marker whose name says whether this attempt runs or has ended. It is read
by ContainerFiles alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files.whole_file import write_whole
from .container_files import ContainerFiles
from .plan import Job
from .processes import JobProcesses
from .record_file import read_record

CONTROL, LOGS = "control", "logs"
LOG = "log"
_EXIT_CODES = range(256)
_PRIVATE = 0o600


class JobFiles:
    """The job ``name`` of the trainer whose directory on this host is ``directory``."""

    def __init__(self, directory: str, name: str, proc: str = "/proc") -> None:
        self.directory = Path(directory)
        self.control = self.directory / CONTROL / name
        self.logs = ContainerFiles(str(self.directory / LOGS), name)
        self.processes = JobProcesses(str(self.control), proc)
        self._record = self.control / "job.json"
        self._stopped = self.control / "stopped"
        self._launch = self.control / "launch"

    def job(self) -> Job:
        """Return the state of the job; raise ClusterError where its record is damaged."""
        # In this order: a process that ends in between has left its exit code.
        alive = bool(self.processes.pids())
        record = self.record()
        code, ended = self._end_of(record.get("attempt"))
        return Job(
            record=record,
            alive=alive,
            exit_code=code,
            ended=ended or modified(self._stopped),
            was_stopped=self._stopped.exists(),
            has_launch_files=self._launch.exists(),
        )

    def record(self) -> dict[str, Any]:
        """Return the record of the job's last start, empty without one; raise ClusterError where it is damaged."""
        return read_record(self._record)

    def begin(self, record: Mapping[str, Any], settings: str | None, launch_files: Mapping[str, str]) -> None:
        """Write the record and the other files of a new attempt, readable by their owner alone."""
        self.control.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stopped.unlink(missing_ok=True)
        if settings is not None:
            write_whole(self.control / "config.yaml", settings, _PRIVATE)
        if not launch_files:
            self.remove_launch_files()
        for name, text in launch_files.items():
            self._launch.mkdir(mode=0o700, exist_ok=True)
            write_whole(self._launch / name, text, _PRIVATE)
        write_whole(self._record, json.dumps(dict(record), indent=1, sort_keys=True) + "\n", _PRIVATE)

    def has_begun(self, attempt: str) -> bool:
        """Whether the runner in the container has started this attempt."""
        names = [running_marker(attempt), *(ended_marker(attempt, code) for code in _EXIT_CODES)]
        return self.logs.first_of(names) is not None

    def forget(self) -> None:
        """Undo C(begin) for a job that could not be started."""
        self._record.unlink(missing_ok=True)
        self.remove_launch_files()

    def remove_launch_files(self) -> None:
        shutil.rmtree(self._launch, ignore_errors=True)

    def mark_stopped(self) -> None:
        write_whole(self._stopped, "", _PRIVATE)

    def _end_of(self, attempt: Any) -> tuple[int | None, float | None]:
        """Return the exit code of this attempt, and when it ended."""
        codes = {ended_marker(str(attempt), code): code for code in _EXIT_CODES} if attempt else {}
        found = self.logs.first_of(list(codes))
        return (codes[found[0]], found[1].st_mtime) if found else (None, None)


def attempt_id(attempt: str) -> str:
    """Return sixteen hexadecimal digits that stand for an attempt in names of files."""
    return hashlib.sha256(attempt.encode()).hexdigest()[:16]


def running_marker(attempt: str) -> str:
    """Return the name of the empty file that the runner creates at its start and renames at its end.

    It is as long as the other name, so that renaming needs no room on a full disk.
    """
    return f"running.{attempt_id(attempt)}.---"


def ended_marker(attempt: str, code: int) -> str:
    """Return the name of that file after the end of the attempt with this exit code."""
    return f"ended.{attempt_id(attempt)}.{code}"


def modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
