# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts' processes are in a task right now or have been, and with which arguments: each says so itself.

It does so in a file of its own, which it keeps locked: one that is not locked any more is that of a dead process.
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
    """``directory`` is one of this run of Ansible, gone with it; ``task`` tells one task from another."""

    def __init__(self, directory: str, task: str) -> None:
        self._directory = Path(directory)
        self._prefix = f"distrain-task-{_short(task)}-"

    @contextlib.contextmanager
    def running(self, host: str, key: str) -> Iterator[None]:
        """While this lasts, and this process lives, the host counts as one that runs the task with this key."""
        path = self._path(host, "run")
        with path.open("w") as file:
            # Readers hold it for a moment only.
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
        """How often the host has run it with this key, in a loop or in a retry."""
        try:
            return self._path(host, "done").read_text().splitlines().count(_short(key))
        except FileNotFoundError:
            return 0

    def hosts(self) -> dict[str, str]:
        """The key of each host that runs it."""
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
    """Whether its process lives."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.fstat(descriptor).st_nlink > 0
    return False


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
