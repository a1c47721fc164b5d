# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be said of a job and its container from their host."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from ansible_collections.distrain.cluster.plugins.module_utils.job_files import JobFiles, beginning, end, modified
from ansible_collections.distrain.cluster.plugins.module_utils.progress import last_lines, read_progress


class Containers(Protocol):
    """An engine, however it is reached."""

    def container(self, name: str) -> dict[str, Any] | None: ...


def describe_job(name: str, directory: str, output_directory: str | None, lines: int, now: float) -> dict[str, Any]:
    files = JobFiles(directory)
    job = files.job()
    started = job.record.get("started")
    progress_file = Path(output_directory) / "trainer_log.jsonl" if output_directory else None
    spoken = [started, modified(files.log), modified(progress_file) if progress_file else None]
    return {
        "name": name,
        "state": job.state,
        "exit_code": job.exit_code,
        "attempt": job.record.get("attempt"),
        "rank": job.record.get("rank"),
        "world_size": job.record.get("world_size"),
        "started": started,
        "ended": job.ended,
        "silent_seconds": max(0.0, now - max((when for when in spoken if when), default=now)),
        "last_lines": last_lines(end(files.log), lines),
        "progress": _progress(progress_file, started),
    }


def describe_container(engine: Containers, name: str) -> dict[str, Any]:
    container = engine.container(name)
    return {
        "name": name,
        "state": container["State"]["Status"] if container else "absent",
        "image_id": container["Image"] if container else None,
    }


def _progress(path: Path | None, started: float | None) -> dict[str, Any]:
    """Nothing while the file is still that of an earlier attempt."""
    if path is None or started is None or (modified(path) or 0) < started:
        return {}
    return read_progress(beginning(path).splitlines(), end(path).splitlines())
