# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be said of a job and its container from their host."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.distrain.cluster.plugins.module_utils.job_files import JobFiles, beginning, end, modified
from ansible_collections.distrain.cluster.plugins.module_utils.job_usage import UsageMeter
from ansible_collections.distrain.cluster.plugins.module_utils.printed_progress import read_printed
from ansible_collections.distrain.cluster.plugins.module_utils.progress import complete, last_lines, read_progress

BETWEEN_READINGS = 0.25
# What was written down when the job was started.
RECORDED = ("attempt", "rank", "world_size", "started", "command", "digest", "interface")


class Containers(Protocol):
    """An engine, however it is reached."""

    def container(self, name: str) -> dict[str, Any] | None: ...


def describe_job(name: str, directory: str, output_directory: str | None, lines: int, now: float) -> dict[str, Any]:
    files = JobFiles(directory)
    job = files.job()
    started = job.record.get("started")
    progress_file = _progress_file(output_directory or job.record.get("output_directory"), started)
    spoken = [started, modified(files.log), modified(progress_file) if progress_file else None]
    return {
        "name": name,
        "state": job.state,
        "exit_code": job.exit_code,
        **{key: job.record.get(key) for key in RECORDED},
        "ended": job.ended,
        "silent_seconds": max(0.0, now - max((when for when in spoken if when), default=now)),
        "last_lines": last_lines(end(files.log), lines),
        "progress": _progress(progress_file, files.log, job.record.get("samples_per_step") or 0),
    }


def describe_jobs(directory: str, name: str, lines: int, now: float) -> list[dict[str, Any]]:
    """Every job whose directory lies in this one, or the one of this name; none that was never started."""
    found = sorted(Path(directory).glob("*/job.json"))
    names = [path.parent.name for path in found if name in ("", path.parent.name)]
    return [describe_busy_job(one, str(Path(directory) / one), None, lines, now) for one in names]


def describe_busy_job(
    name: str, directory: str, output_directory: str | None, lines: int, now: float
) -> dict[str, Any]:
    """With what its processes use, for one look at it; who looks again and again has a meter of its own."""
    described = describe_job(name, directory, output_directory, lines, now)
    return {**described, **_use(JobFiles(directory).processes())}


def _use(pids: Sequence[int]) -> dict[str, Any]:
    """What the processes use at this moment, by two readings of a meter."""
    meter = UsageMeter()
    use = meter.read(pids)
    if pids:
        time.sleep(BETWEEN_READINGS)
        use = meter.read(pids)
    return use


def describe_container(engine: Containers, name: str) -> dict[str, Any]:
    container = engine.container(name)
    return {
        "name": name,
        "state": container["State"]["Status"] if container else "absent",
        "image_id": container["Image"] if container else None,
    }


def _progress_file(output_directory: str | None, started: float | None) -> Path | None:
    """None while the file is still that of an earlier attempt."""
    path = Path(output_directory) / "trainer_log.jsonl" if output_directory else None
    return path if path and started is not None and (modified(path) or 0) >= started else None


def _progress(path: Path | None, log: Path, samples_per_step: int) -> dict[str, Any]:
    written = read_progress(beginning(path).splitlines(), end(path).splitlines()) if path else {}
    return complete(written, read_printed(beginning(log), end(log)), samples_per_step)
