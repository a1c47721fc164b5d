# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Determine the hosts that run a task with the same arguments, so that one process can work for all of them.

Ansible runs as many of these processes at a time as it has forks, and each registers itself. With fewer forks than
hosts, the others are predicted only where every host comes to the task, or where the user names the hosts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

_POLL_SECONDS = 0.05
# Processes are started one after the other. After so long without a new one, no more will come.
QUIET_SECONDS = 3.0


class Task(Protocol):
    """What is used of SameTask."""

    @property
    def key(self) -> str: ...

    def times_for(self, host: str) -> int: ...

    def is_run_by_all(self) -> bool: ...


class Running(Protocol):
    """What is used of RunningTasks."""

    def hosts(self) -> dict[str, str]: ...

    def times_done(self, host: str, key: str) -> int: ...


def participants(task: Task, own: str, hosts: Sequence[str], running: Running, forks: int, named: bool) -> list[str]:
    """Return the hosts to work for, ``own`` among them, in their order.

    ``named`` is whether the user has named the hosts, so that there is no need to wait for them.
    """
    seen = _settled(running, lambda seen: set(seen) >= set(hosts), QUIET_SECONDS / 10)
    # Running hosts have registered their key; that of the others is predicted by their variables.
    running_same = {host for host, key in seen.items() if key == task.key}
    expected = {host for host in hosts if host != own and host not in running_same and _is_to_come(task, host, running)}
    together = len(expected | running_same | {own})
    if named or (together > forks and task.is_run_by_all()):
        chosen = expected | running_same
    else:
        seen = _settled(running, lambda seen: _count(seen, task.key) >= min(forks, together), QUIET_SECONDS)
        chosen = {host for host, key in seen.items() if key == task.key}
    return [host for host in hosts if host == own or host in chosen]


def _is_to_come(task: Task, host: str, running: Running) -> bool:
    return task.times_for(host) > running.times_done(host, task.key)


def _count(seen: dict[str, str], key: str) -> int:
    return list(seen.values()).count(key)


def _settled(running: Running, are_all: Callable[[dict[str, str]], bool], quiet_seconds: float) -> dict[str, str]:
    """Return the keys of the running hosts, once all are there or none has come for ``quiet_seconds``."""
    seen: dict[str, str] = {}
    changed_at = time.monotonic()
    while True:
        now = running.hosts()
        if now != seen:
            seen, changed_at = now, time.monotonic()
        if are_all(seen) or time.monotonic() - changed_at >= quiet_seconds:
            return seen
        time.sleep(_POLL_SECONDS)
