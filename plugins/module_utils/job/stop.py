# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stop a job's processes on their host, with the standard library alone."""

from __future__ import annotations

import contextlib
import signal

from ..base.errors import TimedOut
from ..base.wait import wait_until
from .files import JobFiles
from .plan import RUNNING

KILL_TIMEOUT = 10


def stop_job(files: JobFiles, name: str, timeout: float) -> None:
    """Stop the job; raise TimedOut where its processes survive SIGKILL."""
    # A job that has ended keeps its outcome.
    if files.job().state == RUNNING:
        files.mark_stopped()
    end_all(files, name, timeout)
    files.remove_launch_files()


def end_all(files: JobFiles, name: str, timeout: float) -> None:
    """Send SIGTERM to the job's processes, and SIGKILL to those that are left after ``timeout`` seconds."""
    files.processes.send(signal.SIGTERM)
    # A process that a signal has stopped ends once it goes on.
    files.processes.send(signal.SIGCONT)
    with contextlib.suppress(TimedOut):
        _wait_for_the_end(files, name, timeout)
        return
    files.processes.send(signal.SIGKILL)
    _wait_for_the_end(files, name, KILL_TIMEOUT)


def _wait_for_the_end(files: JobFiles, name: str, timeout: float) -> None:
    wait_until(
        files.processes.pids,
        lambda left: not left,
        lambda left: f"processes {', '.join(map(str, left))} of job {name} have not ended.",
        timeout,
    )
