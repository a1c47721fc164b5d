# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restart of this host's engine would end: jobs, commands in trainers, containers that do not come back.

Needs nothing of the collection on the host: the processes are read from /proc, the containers over the engine's socket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ..engine.client import Get
from ..job.processes import MARK
from ..trainer.claims import TRAINER_LABEL

OURS = "io.distrain."
SWARM_TASK_LABEL = "com.docker.swarm.task.id"
RETURNING = {"always", "unless-stopped"}


def running_work(get: Get, proc: Path = Path("/proc")) -> tuple[str, ...]:
    """Each piece of work in words, jobs first; empty where the engine can be restarted without a loss."""
    return (*_jobs(proc), *_containers(get))


def _jobs(proc: Path) -> list[str]:
    counted = Counter(directory for entry in proc.iterdir() if (directory := _job_of(entry)))
    return [f"the job {PurePosixPath(one).name} (processes: {number})" for one, number in counted.items()]


def _job_of(process: Path) -> str:
    """The directory of the job that a process belongs to; empty where it belongs to none."""
    if not process.name.isdigit():
        return ""
    try:
        environment = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    start = f"{MARK}=".encode()
    return next((one[len(start) :].decode(errors="replace") for one in environment if one.startswith(start)), "")


def _containers(get: Get) -> Iterator[str]:
    try:
        listed = get("/containers/json")
        for one in listed:
            said = container_work(get(f"/containers/{one['Id']}/json"))
            if said:
                yield said
    except OSError:
        # An engine that does not answer runs nothing that a restart would end.
        return


def container_work(container: Mapping[str, Any]) -> str:
    """What a restart of the engine would end of a running container, as inspect describes it; empty for nothing."""
    name = container["Name"].lstrip("/")
    labels = (container.get("Config") or {}).get("Labels") or {}
    if TRAINER_LABEL in labels and container.get("ExecIDs"):
        return f"a command in the trainer's container {name}"
    if SWARM_TASK_LABEL in labels or any(label.startswith(OURS) for label in labels):
        return ""
    policy = (container["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no"
    return "" if policy in RETURNING else f"the container {name} (restart policy {policy})"
