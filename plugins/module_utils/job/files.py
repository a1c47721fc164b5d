# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job's files on its host, in two directories that never mix.

C(control/JOB) is the host's: it is written by root alone, and the container sees it read-only. It holds C(job.json),
which says how the job was started, the settings, C(stopped), and, until the container has taken them, the launcher's
files. C(logs/JOB) is the container's: its runner writes C(log) and a marker that says whether this attempt runs or
has ended. Nothing there is believed to be a regular file: ContainerFiles alone reads it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from .container_files import ContainerFiles
from .plan import Job
from .processes import JobProcesses
from .record_file import read_record

CONTROL, LOGS = "control", "logs"
LOG = "log"
_EXIT_CODES = range(256)


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
        """The job as it stands. Raises ClusterError where its record is damaged."""
        # In this order: a process that ends in between has written its exit code before.
        alive = bool(self.processes.pids())
        record = read_record(self._record)
        code, ended = self._end_of(record.get("attempt"))
        return Job(
            record=record,
            alive=alive,
            exit_code=code,
            ended=ended or modified(self._stopped),
            was_stopped=self._stopped.exists(),
            has_launch_files=self._launch.exists(),
        )

    def begin(self, record: Mapping[str, Any], settings: str | None, launch_files: Mapping[str, str]) -> None:
        """Write this attempt down. All files are the owner's alone."""
        self.control.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stopped.unlink(missing_ok=True)
        if settings is not None:
            write_private(self.control / "config.yaml", settings)
        if not launch_files:
            self.remove_launch_files()
        for name, text in launch_files.items():
            self._launch.mkdir(mode=0o700, exist_ok=True)
            write_private(self._launch / name, text)
        write_private(self._record, json.dumps(dict(record), indent=1, sort_keys=True) + "\n")

    def has_begun(self, attempt: str) -> bool:
        """Whether the runner in the container has begun this attempt, or has even ended it."""
        names = [running_marker(attempt), *(ended_marker(attempt, code) for code in _EXIT_CODES)]
        return self.logs.first_of(names) is not None

    def forget(self) -> None:
        """Undo C(begin) for a job that could not be started."""
        self._record.unlink(missing_ok=True)
        self.remove_launch_files()

    def remove_launch_files(self) -> None:
        shutil.rmtree(self._launch, ignore_errors=True)

    def mark_stopped(self) -> None:
        write_private(self._stopped, "")

    def _end_of(self, attempt: Any) -> tuple[int | None, float | None]:
        """The exit code of the attempt and when it ended; the marker of another attempt says nothing of this one."""
        codes = {ended_marker(str(attempt), code): code for code in _EXIT_CODES} if attempt else {}
        found = self.logs.first_of(list(codes))
        return (codes[found[0]], found[1].st_mtime) if found else (None, None)


def attempt_id(attempt: str) -> str:
    """Sixteen hexadecimal digits that name an attempt where letters of any kind cannot stand."""
    return hashlib.sha256(attempt.encode()).hexdigest()[:16]


def running_marker(attempt: str) -> str:
    """The empty file that the runner makes when it begins, and renames when it ends.

    Its name is not shorter than the other one, so that the renaming needs no room on a full disk.
    """
    return f"running.{attempt_id(attempt)}.---"


def ended_marker(attempt: str, code: int) -> str:
    return f"ended.{attempt_id(attempt)}.{code}"


def write_private(path: Path, content: str) -> None:
    """Write a file of mode 0600 that is either the former one or the whole new one. Raises ClusterError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ClusterError(f"{path} could not be written: {error.strerror or error}.") from error


def modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
