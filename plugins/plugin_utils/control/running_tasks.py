# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Register which hosts' processes run a task or have run it, and with which arguments.

Each process writes a file and keeps it locked: a file without a lock is that of a dead process.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path


class RunningTasks:
    """``directory`` is a temporary directory of this run of Ansible; ``task`` identifies the task."""

    def __init__(self, directory: str, task: str) -> None:
        self._directory = Path(directory)
        self._prefix = f"distrain-task-{_short(task)}-"

    @contextlib.contextmanager
    def running(self, host: str, key: str) -> Iterator[None]:
        """Register the host as running the task with this key while the context lasts and this process lives."""
        path = self._path(host, "run")
        with path.open("w") as file:
            # Readers hold the lock for a moment only.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps([host, key]))
            file.flush()
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
                with self._path(host, "done").open("a") as done:
                    done.write(f"{_short(key)}\n")

    def times_done(self, host: str, key: str) -> int:
        """Return how often the host has run the task with this key, in a loop or in a retry."""
        try:
            return self._path(host, "done").read_text().splitlines().count(_short(key))
        except FileNotFoundError:
            return 0

    def hosts(self) -> dict[str, str]:
        """Return the key of each host that runs the task."""
        found = {}
        for path in self._directory.glob(f"{self._prefix}*.run"):
            with contextlib.suppress(FileNotFoundError, ValueError), path.open() as file:
                if _is_locked(file.fileno()):
                    host, key = json.load(file)
                    found[host] = key
        return found

    def _path(self, host: str, suffix: str) -> Path:
        return self._directory / f"{self._prefix}{_short(host)}.{suffix}"


def _is_locked(descriptor: int) -> bool:
    """Whether the process that wrote the file lives."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.fstat(descriptor).st_nlink > 0
    return False


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
