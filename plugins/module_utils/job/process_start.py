# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start times of processes in seconds since the epoch, which show a restart of the engine or the host."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
ENGINE_PID = "/var/run/docker.pid"


def process_started(pid: int) -> float | None:
    """Return when the process was started, or None where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        kernel = Path("/proc/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    booted = next(int(line.split()[1]) for line in kernel.splitlines() if line.startswith("btime "))
    # The 22nd field; the second one, the name, may hold spaces and parentheses.
    return booted + int(stat.rpartition(")")[2].split()[19]) / _TICKS_PER_SECOND


def engine_started(pid_file: str = ENGINE_PID) -> float | None:
    """Return when the engine was started, or None where it has no PID file."""
    try:
        pid = int(Path(pid_file).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return process_started(pid)


def host_started() -> float | None:
    """Return when the host was booted."""
    return process_started(1)
