# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often the kernel has killed a process of a container because memory ran out, by both kinds of cgroups."""

from __future__ import annotations

from pathlib import Path


def memory_kills(pid: int, proc: str = "/proc", cgroups: str = "/sys/fs/cgroup") -> int | None:
    """Of the container whose first process is ``pid``, since it was started; None where that cannot be told."""
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
