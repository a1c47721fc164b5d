# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Describe a job and its container from their host."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..gpu.watch import SINGLE_ANSWER_SECONDS, GpuWatch, Questions, has_gpus
from ..progress.printed import read_printed
from ..progress.reading import complete, last_lines, read_progress
from .container_files import ContainerFiles
from .files import CONTROL, LOG, JobFiles
from .plan import RUNNING, Job
from .usage import UsageMeter

BETWEEN_READINGS = 0.25
TRAINER_LOG = "trainer_log.jsonl"
# Fields of the job's record.
RECORDED = ("attempt", "rank", "world_size", "started", "command", "digest", "interface")


class Containers(Protocol):
    """What is used of an engine's client."""

    def container(self, name: str) -> dict[str, Any] | None: ...


def output_of(asked: Mapping[str, Any], record: Mapping[str, Any]) -> ContainerFiles | None:
    """Return the trainer's output directory, by the arguments or else the record; None where neither has one.

    Nothing below C(output_root), or else below the directory itself, is trusted.
    """
    known = asked if asked.get("output_directory") else record
    directory = known.get("output_directory")
    if not directory:
        return None
    root = known.get("output_root") or directory
    relative = os.path.relpath(directory, root)
    return ContainerFiles(root, "" if relative == "." else relative)


def describe_job(files: JobFiles, job: Job, output: ContainerFiles | None, lines: int, now: float) -> dict[str, Any]:
    """Return the state and the progress of a job. ``now`` is in seconds since the epoch."""
    started = job.record.get("started")
    # The file may be left by an earlier attempt.
    progress_at = output.modified(TRAINER_LOG) if output else None
    is_current = progress_at is not None and started is not None and progress_at >= started
    output_times = [started, files.logs.modified(LOG), progress_at if is_current else None]
    written = _written(output) if output and is_current else {}
    printed = read_printed(files.logs.beginning(LOG), files.logs.end(LOG))
    return {
        "name": files.control.name,
        "state": job.state,
        "exit_code": job.exit_code,
        **{key: job.record.get(key) for key in RECORDED},
        "ended": job.ended,
        "running_seconds": max(0.0, (job.ended or now) - started) if started is not None else None,
        "silent_seconds": max(0.0, now - max((at for at in output_times if at), default=now)),
        "last_lines": last_lines(files.logs.end(LOG), lines),
        "progress": complete(written, printed, job.record.get("samples_per_step") or 0),
    }


def job_names(directory: str, name: str = "") -> list[str]:
    """Return the names of the jobs of the trainer with this directory, or this one where it is not empty and known."""
    found = sorted((Path(directory) / CONTROL).glob("*/job.json"))
    return [path.parent.name for path in found if name in ("", path.parent.name)]


def describe_jobs(directory: str, name: str, lines: int, now: float) -> list[dict[str, Any]]:
    """Return every job of the trainer with this directory, or those of this name where it is not empty."""
    return [describe_job_with_usage(JobFiles(directory, one), {}, lines, now) for one in job_names(directory, name)]


def describe_job_with_usage(files: JobFiles, asked: Mapping[str, Any], lines: int, now: float) -> dict[str, Any]:
    """Return the state, the progress and the resource usage of a job, for a single observation."""
    job = files.job()
    described = describe_job(files, job, output_of(asked, job.record), lines, now)
    return {**described, **_usage(files.processes.pids()), "gpu": _gpu_health(job)}


def _gpu_health(job: Job) -> dict[str, Any]:
    """Return what is wrong with the GPUs of a job; of one that has ended, what the kernel wrote of them until then."""
    began, claimed = float(job.record.get("started") or 0), job.record.get("gpus") or []
    if not began or not claimed or not has_gpus():
        return {}
    is_running = job.state == RUNNING
    watch = GpuWatch(began, claimed, None if is_running else job.ended, ask=Questions(SINGLE_ANSWER_SECONDS).ask)
    watch.query()
    found = watch.found()
    return found if is_running or not found.get("xids") else {name: found[name] for name in ("xids", "gpus")}


def _written(output: ContainerFiles) -> dict[str, Any]:
    return read_progress(output.beginning(TRAINER_LOG).splitlines(), output.end(TRAINER_LOG).splitlines())


def _usage(pids: Sequence[int]) -> dict[str, Any]:
    """Measure the use of the processes over a moment."""
    meter = UsageMeter()
    usage = meter.read(pids)
    if pids:
        time.sleep(BETWEEN_READINGS)
        usage = meter.read(pids)
    return usage


def describe_container(engine: Containers, name: str) -> dict[str, Any]:
    container = engine.container(name)
    return {
        "name": name,
        "state": container["State"]["Status"] if container else "absent",
        "image_id": container["Image"] if container else None,
    }
