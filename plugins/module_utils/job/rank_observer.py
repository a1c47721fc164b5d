# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observe the rank of a job on its host, with the standard library alone."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..base.errors import ClusterError
from ..engine.socket import DEFAULT_DOCKER_HOST, EngineSocket
from ..gpu.watch import GpuWatch, has_gpus
from .description import describe_job, output_of
from .files import JobFiles
from .memory import memory_kills
from .process_start import engine_started, host_started
from .usage import UsageMeter, summarize_gpus

# A start this soon after the job's start counts as before it: clocks are read in whole seconds.
_CLOCK_SECONDS = 2.0
_ENGINE_SECONDS = 10.0
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 (its size is read, nothing is put there)
# IPC modes in which a container has its own /dev/shm.
_OWN_SHARED_MEMORY = ("private", "shareable")


class RankObserver:
    """``job`` has name, container, directory, output_directory and output_root."""

    def __init__(self, job: Mapping[str, Any], lines: int, docker_host: str = DEFAULT_DOCKER_HOST) -> None:
        self._job = job
        self._lines = lines
        self._files = JobFiles(job["directory"], job["name"])
        self._engine = EngineSocket(docker_host, _ENGINE_SECONDS)
        self._watch: GpuWatch | None = None
        self._pid = 0
        self._meter = UsageMeter(of_gpus=self._gpu_use)

    def observe(self) -> dict[str, Any]:
        """Return the state of the job, its container and its processes; raise ClusterError for a damaged record."""
        job = self._files.job()
        described = describe_job(self._files, job, output_of(self._job, job.record), self._lines, time.time())
        record = job.record
        began = float(record.get("started") or 0)
        container = self._container(record, began)
        self._begin_watch(record, began)
        if self._watch:
            self._watch.container = self._pid
        return {
            "job": described,
            "container": container,
            "gpu": self._watch.found() if self._watch else {},
            "engine_restarted": _is_later(engine_started(), began),
            "host_restarted": _is_later(host_started(), began),
            "usage": self._meter.read(self._files.processes.pids()),
        }

    def close(self) -> None:
        """Watch the GPUs no more."""
        if self._watch:
            self._watch.stop()

    def _begin_watch(self, record: Mapping[str, Any], began: float) -> None:
        """Watch the GPUs from the first observation of the job on; on a host without any nothing is watched."""
        if not self._watch and began and has_gpus():
            self._watch = GpuWatch(began, record.get("gpus") or [])
            self._watch.start()

    def _gpu_use(self, pids: Sequence[int]) -> dict[str, Any]:
        return summarize_gpus(*(self._watch.usage_texts() if self._watch else ("", "")), pids)

    def _container(self, record: Mapping[str, Any], began: float) -> dict[str, Any]:
        try:
            container = self._engine.container(self._job["container"])
        except ClusterError as error:
            return {"state": "unknown", "engine_error": error.message}
        if container is None:
            self._pid = 0
            return {"state": "absent"}
        state = container["State"]
        self._pid = int(state["Pid"])
        is_another = bool(record) and container["Id"] != record.get("container_id")
        counted_before = 0 if is_another else int(record.get("memory_kills") or 0)
        return {
            "state": state["Status"],
            **_shared_memory(container.get("HostConfig") or {}),
            "restarted": is_another or _is_later(timestamp_of(state["StartedAt"]), began),
            "memory_killed": bool(state.get("OOMKilled")),
            **_memory_kills(state["Pid"], counted_before),
        }


def _shared_memory(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the IPC mode, and the size of /dev/shm in bytes or None."""
    mode = configuration.get("IpcMode") or ""
    if mode != "host":
        return {"ipc": mode, "shm_bytes": configuration.get("ShmSize") if mode in _OWN_SHARED_MEMORY else None}
    try:
        found = os.statvfs(_SHARED_MEMORY)
    except OSError:
        return {"ipc": mode, "shm_bytes": None}
    return {"ipc": mode, "shm_bytes": found.f_blocks * found.f_frsize}


def _memory_kills(pid: int, counted_before: int) -> dict[str, int]:
    """Return C(memory_kills) since the job's start, or nothing where that is unknown, as after its end."""
    counted = memory_kills(pid) if pid else None
    return {} if counted is None else {"memory_kills": max(0, counted - counted_before)}


def _is_later(moment: float | None, began: float) -> bool:
    return moment is not None and began > 0 and moment > began + _CLOCK_SECONDS


def timestamp_of(written: str) -> float | None:
    """Return a time of the engine in seconds since the epoch, or None; a container that never ran has the year 1."""
    try:
        # Not every Python parses nanoseconds.
        return datetime.strptime(written[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None
