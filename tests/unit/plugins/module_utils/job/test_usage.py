# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a job's processes use, from a /proc of the test's own."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.job.usage import UsageMeter, summarize_gpus


def write_process(proc: Path, pid: int, state: str, cpu_seconds: float, pages: int) -> None:
    ticks = int(cpu_seconds * os.sysconf("SC_CLK_TCK"))
    fields = [state, *["0"] * 10, str(ticks), "0", *["0"] * 8, str(pages)]
    (proc / str(pid)).mkdir(exist_ok=True)
    (proc / str(pid) / "stat").write_text(f"{pid} (a ) name) {' '.join(fields)}")


def test_the_processor_is_measured_between_two_looks(tmp_path: Path) -> None:
    now = [10.0]
    meter = UsageMeter(str(tmp_path), clock=lambda: now[0])
    write_process(tmp_path, 7, "S", 1.0, 10)
    first = meter.read([7, 8])
    assert (first["cpu_percent"], first["memory_bytes"]) == (None, 10 * os.sysconf("SC_PAGE_SIZE"))
    now[0] = 14.0
    write_process(tmp_path, 7, "T", 3.0, 10)
    write_process(tmp_path, 8, "R", 4.0, 20)
    second = meter.read([7, 8])
    assert second["cpu_percent"] == 150.0
    assert second["stopped_processes"] == [7]


def test_nothing_is_known_of_processes_that_have_ended(tmp_path: Path) -> None:
    assert UsageMeter(str(tmp_path)).read([]) == {
        "cpu_percent": None,
        "memory_bytes": None,
        "stopped_processes": [],
        "gpu_percent": None,
        "gpu_memory_bytes": None,
    }


def test_only_the_gpus_and_the_memory_of_the_job_count() -> None:
    processes = "GPU-a, 7, 100\nGPU-b, 8, 300\nGPU-c, 99, 900\n"
    gpus = "GPU-a, 50\nGPU-b, 90\nGPU-c, 100\n"
    assert summarize_gpus(processes, gpus, [7, 8]) == {"gpu_percent": 70.0, "gpu_memory_bytes": 400 * 1024**2}
    assert summarize_gpus("GPU-a, 7, [N/A]\n", "GPU-a, [N/A]", [7]) == {"gpu_percent": None, "gpu_memory_bytes": None}
