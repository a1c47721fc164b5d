# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measure what the processes of a job use: CPU and memory from /proc, GPUs by nvidia-smi."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base.command import command_output

NVIDIA_SMI_SECONDS = 5.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MEBIBYTE = 1024**2


@dataclass(frozen=True)
class ProcessUse:
    """One process; ``state`` is the letter of /proc (R runs, S waits, D waits for a disk, T was stopped)."""

    state: str
    cpu_seconds: float
    memory_bytes: int


def read_process(pid: int, proc: str = "/proc") -> ProcessUse | None:
    """Return the use of one process, or None where it has ended."""
    try:
        text = (Path(proc) / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold anything; after it come state, ppid, ..., utime (12th), stime, ..., rss (22nd).
    fields = text.rpartition(")")[2].split()
    return ProcessUse(
        state=fields[0],
        cpu_seconds=(int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND,
        memory_bytes=int(fields[21]) * _PAGE_BYTES,
    )


@dataclass
class UsageMeter:
    """Reads the use of processes repeatedly; the CPU share is that since the previous reading."""

    proc: str = "/proc"
    clock: Callable[[], float] = time.monotonic
    # The use of GPUs by these processes, where somebody else asks nvidia-smi.
    of_gpus: Callable[[Sequence[int]], Mapping[str, Any]] | None = None
    _before: dict[int, ProcessUse] = field(default_factory=dict)
    _before_at: float = 0

    def read(self, pids: Sequence[int]) -> dict[str, Any]:
        """Return the figures under the names of C(watch.jsonl), None where unknown. 100 percent is one CPU."""
        at = self.clock()
        now = {pid: use for pid in pids if (use := read_process(pid, self.proc))}
        share = self._cpu_percent(now, at) if self._before else None
        self._before, self._before_at = now, at
        return {
            "cpu_percent": share,
            "memory_bytes": sum(use.memory_bytes for use in now.values()) if now else None,
            "stopped_processes": sorted(pid for pid, use in now.items() if use.state in "Tt"),
            **(self.of_gpus or gpu_use)(pids),
        }

    def _cpu_percent(self, now: Mapping[int, ProcessUse], at: float) -> float | None:
        passed = at - self._before_at
        used = sum(
            use.cpu_seconds - self._before[pid].cpu_seconds if pid in self._before else use.cpu_seconds
            for pid, use in now.items()
        )
        return round(max(0.0, 100 * used / passed), 1) if passed > 0 else None


def gpu_use(pids: Sequence[int]) -> dict[str, Any]:
    """Return the mean utilization of the GPUs that these processes use, and the processes' memory there."""
    if not pids or not shutil.which("nvidia-smi"):
        return {"gpu_percent": None, "gpu_memory_bytes": None}
    return summarize_gpus(
        _nvidia_smi("--query-compute-apps=gpu_uuid,pid,used_memory"),
        _nvidia_smi("--query-gpu=uuid,utilization.gpu"),
        pids,
    )


def summarize_gpus(processes: str, gpus: str, pids: Sequence[int]) -> dict[str, Any]:
    """Summarize nvidia-smi's output: ``processes`` has lines of UUID, PID, MiB; ``gpus`` of UUID, percent."""
    own = [row for row in _rows(processes) if len(row) == 3 and row[1].isdigit() and int(row[1]) in pids]
    used = {row[0] for row in own}
    busy = [int(row[1]) for row in _rows(gpus) if len(row) == 2 and row[0] in used and row[1].isdigit()]
    memory = [int(row[2]) * _MEBIBYTE for row in own if row[2].isdigit()]
    return {
        "gpu_percent": round(sum(busy) / len(busy), 1) if busy else None,
        "gpu_memory_bytes": sum(memory) if memory else None,
    }


def _nvidia_smi(query: str) -> str:
    """Return the output, empty where nvidia-smi fails."""
    return command_output("nvidia-smi", query, "--format=csv,noheader,nounits", seconds=NVIDIA_SMI_SECONDS)


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line.strip()]
