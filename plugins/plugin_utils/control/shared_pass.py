# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do the work of a task once for all hosts, in the process of the first one.

Ansible runs a task for each host in a process of its own. The first one works for all hosts, while the others wait, or
start later and find their result.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Results = dict[str, dict[str, Any]]


class SharedPass:
    """``directory`` is a temporary directory of this run of Ansible; ``key`` identifies the work."""

    def __init__(self, directory: str, key: str) -> None:
        self._directory = Path(directory)
        self._key = hashlib.sha256(key.encode()).hexdigest()[:16]

    def result_for(self, host: str, hosts: Sequence[str], work: Callable[[list[str]], Results]) -> dict[str, Any]:
        """Return the host's result, once: on a retry the work is done again."""
        lock = self._directory / f"distrain-pass-{self._key}.lock"
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            left = self._take(host)
            if left is not None:
                return left
            waiting = [one for one in hosts if one == host or not self._path(one).exists()]
            results = work(waiting)
            for one, result in results.items():
                if one != host:
                    self._path(one).write_text(json.dumps(result))
            return results[host]

    def _take(self, host: str) -> dict[str, Any] | None:
        try:
            left: dict[str, Any] = json.loads(self._path(host).read_text())
        except FileNotFoundError:
            return None
        self._path(host).unlink()
        return left

    def _path(self, host: str) -> Path:
        return self._directory / f"distrain-pass-{self._key}-{hashlib.sha256(host.encode()).hexdigest()[:16]}.json"
