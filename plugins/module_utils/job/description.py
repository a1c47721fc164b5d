# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be said of a job and its container from their host."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..progress.printed import read_printed
from ..progress.reading import complete, last_lines, read_progress
from .container_files import ContainerFiles
from .files import CONTROL, LOG, JobFiles
from .plan import Job
from .usage import UsageMeter

BETWEEN_READINGS = 0.25
TRAINER_LOG = "trainer_log.jsonl"
# What was written down when the job was started.
RECORDED = ("attempt", "rank", "world_size", "started", "command", "digest", "interface")


class Containers(Protocol):
    """An engine, however it is reached."""

    def container(self, name: str) -> dict[str, Any] | None: ...


def output_of(asked: Mapping[str, Any], record: Mapping[str, Any]) -> ContainerFiles | None:
    """Where the trainer writes its results, as it was asked for or else recorded; None where neither says.

    Below C(output_root) nothing is trusted. Without one the directory itself is the root.
    """
    known = asked if asked.get("output_directory") else record
    directory = known.get("output_directory")
    if not directory:
        return None
    root = known.get("output_root") or directory
    relative = os.path.relpath(directory, root)
    return ContainerFiles(root, "" if relative == "." else relative)


def describe_job(files: JobFiles, job: Job, output: ContainerFiles | None, lines: int, now: float) -> dict[str, Any]:
    """A job by what its host recorded and what its container wrote. ``now`` is in seconds of the epoch."""
    started = job.record.get("started")
    # The file may still be that of an earlier attempt.
    progress_at = output.modified(TRAINER_LOG) if output else None
    is_current = progress_at is not None and started is not None and progress_at >= started
    spoken = [started, files.logs.modified(LOG), progress_at if is_current else None]
    written = _written(output) if output and is_current else {}
    printed = read_printed(files.logs.beginning(LOG), files.logs.end(LOG))
    return {
        "name": files.control.name,
        "state": job.state,
        "exit_code": job.exit_code,
        **{key: job.record.get(key) for key in RECORDED},
        "ended": job.ended,
        "silent_seconds": max(0.0, now - max((when for when in spoken if when), default=now)),
        "last_lines": last_lines(files.logs.end(LOG), lines),
        "progress": complete(written, printed, job.record.get("samples_per_step") or 0),
    }


def describe_jobs(directory: str, name: str, lines: int, now: float) -> list[dict[str, Any]]:
    """Every job of the trainer with this directory, or the one of this name; none that was never started."""
    found = sorted((Path(directory) / CONTROL).glob("*/job.json"))
    names = [path.parent.name for path in found if name in ("", path.parent.name)]
    return [describe_busy_job(JobFiles(directory, one), {}, lines, now) for one in names]


def describe_busy_job(files: JobFiles, asked: Mapping[str, Any], lines: int, now: float) -> dict[str, Any]:
    """With what its processes use, for one look at it; who looks again and again has a meter of its own."""
    job = files.job()
    described = describe_job(files, job, output_of(asked, job.record), lines, now)
    return {**described, **_use(files.processes.pids())}


def _written(output: ContainerFiles) -> dict[str, Any]:
    return read_progress(output.beginning(TRAINER_LOG).splitlines(), output.end(TRAINER_LOG).splitlines())


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
