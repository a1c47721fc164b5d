# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Allow one follower of a job at a time on a controller, by a lock that the kernel releases with its process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

_MOST_BYTES = 4096


@contextlib.contextmanager
def one_follower(path: str | None, job_name: str, pid: int, warn: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock on the file ``path`` while the context lasts; without a path nothing is locked.

    ``pid`` is the process that the message of another follower names. Raise PlanError where another process holds the
    lock. Where the file cannot be created or locked, as on a full disk, warn and go on.
    """
    descriptor = _opened(path, job_name, warn) if path else None
    try:
        if descriptor is not None:
            _lock(descriptor, path or "", job_name, warn)
            with contextlib.suppress(OSError):
                _write_holder(descriptor, pid)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _opened(path: str, job_name: str, warn: Callable[[str], None]) -> int | None:
    try:
        Path(path).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        _warn_unlocked(path, job_name, error, warn)
        return None


def _lock(descriptor: int, path: str, job_name: str, warn: Callable[[str], None]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise PlanError(_locked_message(_holder(descriptor), path, job_name)) from error
    except OSError as error:
        _warn_unlocked(path, job_name, error, warn)


def _warn_unlocked(path: str, job_name: str, error: OSError, warn: Callable[[str], None]) -> None:
    warn(
        f"{path} on the controller cannot be locked ({error.strerror}), so nothing prevents that another run follows "
        f"job {job_name} at the same time."
    )


def _write_holder(descriptor: int, pid: int) -> None:
    now = time.time()
    holder = {"pid": pid, "host": platform.node(), "since": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, (json.dumps(holder) + "\n").encode(), 0)


def _holder(descriptor: int) -> dict[str, Any]:
    """Return what the holder of the lock has written about itself, empty where it could not."""
    try:
        found = json.loads(os.pread(descriptor, _MOST_BYTES, 0))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _locked_message(holder: dict[str, Any], path: str, job_name: str) -> str:
    process = f"process {holder['pid']}" if "pid" in holder else "another process"
    where = f" on host {holder['host']}" if "host" in holder else ""
    since = f" since {holder['since']}" if "since" in holder else ""
    return (
        f"Job {job_name} is followed by {process}{where}{since} already, which holds {path}. Wait until that run of "
        "ansible-playbook has ended, or end it (the job goes on), and run playbooks/train.yml again. "
        f"playbooks/status.yml -e trainer_launch_status_job={job_name} shows the job meanwhile."
    )
