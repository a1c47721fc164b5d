# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job's directory on its host, and the processes of a container that belong to the job.

C(job.json) is written when the job is started; the runner inside the container writes C(log) and, at the end,
C(exit_code). In C(launch) lies what its launcher reads while the job runs, keys among it. A process belongs to a job
when the job's directory stands in its environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.job_plan import Job

MARK = "DISTRAIN_JOB"
AT_EITHER_END = 64 * 1024


class JobFiles:
    """The files of one job on this host."""

    def __init__(self, directory: str, proc: str = "/proc") -> None:
        self.directory = Path(directory)
        self.log = self.directory / "log"
        self._record = self.directory / "job.json"
        self._exit_code = self.directory / "exit_code"
        self._stopped = self.directory / "stopped"
        self._launch = self.directory / "launch"
        self._proc = Path(proc)

    @property
    def mark(self) -> str:
        return f"{MARK}={self.directory}"

    def job(self) -> Job:
        # In this order: a process that ends in between has written its exit code before.
        alive = bool(self.processes())
        code = _read(self._exit_code).strip()
        return Job(
            record=_read_json(self._record),
            alive=alive,
            exit_code=int(code) if code else None,
            ended=modified(self._exit_code) or modified(self._stopped),
            was_stopped=self._stopped.exists(),
            has_launch_files=self._launch.exists(),
        )

    def begin(self, record: Mapping[str, Any], settings: str | None, launch_files: Mapping[str, str]) -> None:
        """Put the last attempt's log aside and write down this one. All files are the owner's alone."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.directory / "log.previous")
        for leftover in (self._exit_code, self._stopped):
            leftover.unlink(missing_ok=True)
        if settings is not None:
            write_private(self.directory / "config.yaml", settings)
        if not launch_files:
            self.remove_launch_files()
        for name, text in launch_files.items():
            self._launch.mkdir(mode=0o700, exist_ok=True)
            write_private(self._launch / name, text)
        write_private(self._record, json.dumps(dict(record), indent=1, sort_keys=True) + "\n")

    def forget(self) -> None:
        """Undo C(begin) for a job that could not be started."""
        self._record.unlink(missing_ok=True)
        self.remove_launch_files()

    def remove_launch_files(self) -> None:
        shutil.rmtree(self._launch, ignore_errors=True)

    def mark_stopped(self) -> None:
        write_private(self._stopped, "")

    def processes(self) -> list[int]:
        """The processes of this job, whatever session or parent they have by now."""
        mark = self.mark.encode()
        return [pid for pid in self._all_processes() if mark in self._environment(pid)]

    def variable(self, pid: int, name: str) -> str:
        """What a process has under this name in its environment; empty where there is nothing."""
        before = f"{name}=".encode()
        found = (entry for entry in self._environment(pid) if entry.startswith(before))
        return next(found, b"").removeprefix(before).decode(errors="replace")

    def end_processes(self, signal_number: signal.Signals) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)

    def _all_processes(self) -> list[int]:
        return [int(entry.name) for entry in self._proc.iterdir() if entry.name.isdigit()]

    def _environment(self, pid: int) -> list[bytes]:
        try:
            return (self._proc / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            return []


def write_private(path: Path, content: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
    unfinished.replace(path)


def modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def beginning(path: Path) -> str:
    """The first 64 KiB of a file, or nothing where there is none."""
    try:
        with path.open("rb") as stream:
            return stream.read(AT_EITHER_END).decode(errors="replace")
    except OSError:
        return ""


def end(path: Path) -> str:
    """The last 64 KiB of a file, or nothing where there is none."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - AT_EITHER_END))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_read(path))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
