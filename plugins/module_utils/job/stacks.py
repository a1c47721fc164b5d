# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The call stacks of a rank's processes by py-spy, where the image has it, and their states by the kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from ..engine.exec import run_exec
from .files import JobFiles

DUMP_SECONDS = 15.0
_MOST_PROCESSES = 16


def read_stacks(files: JobFiles, container: str, socket_path: str, proc: str = "/proc") -> list[dict[str, Any]]:
    """Return one entry for each process with a rank, in the order of the global ranks."""
    found = []
    for rank, pid in sorted(rank_processes(files, proc).items())[:_MOST_PROCESSES]:
        status = _status(pid, proc)
        dump = _dump(socket_path, container, status.get("NSpid", str(pid)).split()[-1])
        state = status.get("State", "")[:1]
        found.append({"rank": rank, "pid": pid, "state": state, "waits_in": _waits_in(pid, proc), "stack": dump})
    return found


def rank_processes(files: JobFiles, proc: str = "/proc") -> dict[int, int]:
    """Return the process of each global rank, without its children, such as data loaders."""
    having = {pid: rank for pid in files.processes.pids() if (rank := files.processes.variable(pid, "RANK")).isdigit()}
    statuses = {pid: _status(pid, proc) for pid in having}
    # A launcher may be a shell with the same rank.
    pythons = {rank for pid, rank in having.items() if _is_python(statuses[pid])}
    ranked = {pid: rank for pid, rank in having.items() if rank not in pythons or _is_python(statuses[pid])}
    children = {pid for pid in ranked if int(statuses[pid].get("PPid", "0")) in ranked}
    return {int(rank): pid for pid, rank in ranked.items() if pid not in children}


def _is_python(status: dict[str, str]) -> bool:
    return status.get("Name", "").startswith(("python", "pt_"))


def _status(pid: int, proc: str) -> dict[str, str]:
    try:
        lines = (Path(proc) / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _colon, value in (line.partition(":") for line in lines)}


def _waits_in(pid: int, proc: str) -> str:
    """Return the kernel function in which the process sleeps, empty where it runs."""
    try:
        return (Path(proc) / str(pid) / "wchan").read_text(encoding="ascii").strip("0\n")
    except OSError:
        return ""


def _dump(socket_path: str, container: str, pid: str) -> str:
    """Return the stack without pausing the process, empty where py-spy is absent or fails."""
    try:
        code, output = run_exec(socket_path, container, ["py-spy", "dump", "--nonblocking", "--pid", pid], DUMP_SECONDS)
    except ClusterError:
        return ""
    return output if code == 0 else ""
