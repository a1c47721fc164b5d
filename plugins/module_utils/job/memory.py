# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Count the processes of a container that the kernel killed for lack of memory, by cgroup v1 or v2."""

from __future__ import annotations

from pathlib import Path


def memory_kills(pid: int, proc: str = "/proc", cgroups: str = "/sys/fs/cgroup") -> int | None:
    """Return the count since the start of the container whose first process is ``pid``, or None if unknown."""
    try:
        lines = (Path(proc) / str(pid) / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        _number, controllers, path = line.split(":", 2)
        if controllers == "":
            counted = _count(Path(cgroups) / path.lstrip("/") / "memory.events")
        elif "memory" in controllers.split(","):
            counted = _count(Path(cgroups) / "memory" / path.lstrip("/") / "memory.oom_control")
        else:
            continue
        if counted is not None:
            return counted
    return None


def _count(path: Path) -> int | None:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
