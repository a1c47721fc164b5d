# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about trainers, jobs, and what others have left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import clock_time
from ansible_collections.distrain.cluster.plugins.module_utils.job.plan import FAILED, LOST, RUNNING
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import TRAINER_LABEL

from ..findings.finding import Finding
from .observation import Cluster, Host

# A rank that says nothing for so long is worth a look, in seconds.
SILENCE = 1800
AGAIN = "Run playbooks/train.yml"


def find_job_problems(cluster: Cluster) -> Iterator[Finding]:
    if not cluster.trainer:
        # What is to be trained is not known, which is a finding of its own.
        return
    trainers = {host.name: host.containers.get(f"{cluster.trainer}-{host.name}") for host in cluster.answering}
    for host in cluster.answering:
        if host.trains and any(trainers.values()):
            yield from _trainer(host, trainers[host.name], cluster)
        yield from _left(host, cluster)
    for job in _jobs(cluster):
        yield from _job(job)
    for host in cluster.hosts:
        running = [one["name"] for one in host.jobs.get("jobs") or () if one["state"] == RUNNING]
        if len(running) > 1:
            found = f"runs {len(running)} jobs at once: {', '.join(running)}"
            remedy = "Stop the one that is not wanted: playbooks/stop.yml -e trainer_launch_job_name=NAME."
            yield Finding(host.name, "warning", "job", found, remedy)


def _trainer(host: Host, container: Mapping[str, Any] | None, cluster: Cluster) -> Iterator[Finding]:
    name = f"{cluster.trainer}-{host.name}"
    if container is None:
        found = f"its trainer {name} is not there, and those of others are"
        yield Finding(host.name, "error", "trainer", found, f"{AGAIN}, which starts it.")
    elif container["status"] != "running":
        found = f"its trainer {name} is {container['status']}"
        remedy = f"See why (docker logs {name}, on the host), then {AGAIN.lower()}, which starts it."
        yield Finding(host.name, "error", "trainer", found, remedy)


def _left(host: Host, cluster: Cluster) -> Iterator[Finding]:
    """Containers of other trainers, and of this one under the name of another host."""
    for name, container in host.containers.items():
        trainer = (container.get("labels") or {}).get(TRAINER_LABEL)
        if trainer is None or name == f"{cluster.trainer}-{host.name}" or container["status"] != "running":
            continue
        whose = f"the trainer {trainer}" if trainer != cluster.trainer else "this trainer, under another host's name"
        found = f"the container {name} of {whose} still runs here, and may hold its GPUs and ports"
        remedy = f"Remove it where it is not wanted: docker rm --force {name}, on the host."
        yield Finding(host.name, "warning", "leftover", found, remedy)


def _jobs(cluster: Cluster) -> Iterator[list[dict[str, Any]]]:
    """Each job as the rows of its newest attempt, each row with its host."""
    jobs: dict[str, list[dict[str, Any]]] = {}
    for host in cluster.hosts:
        for job in host.jobs.get("jobs") or ():
            jobs.setdefault(job["name"], []).append({**job, "host": host.name})
    for rows in jobs.values():
        newest = max(rows, key=lambda row: row["started"] or 0)["attempt"]
        yield [row for row in rows if row["attempt"] == newest]


def _job(rows: list[dict[str, Any]]) -> Iterator[Finding]:
    for row in rows:
        name = f"rank {row['rank']} of the job {row['name']}"
        if row["state"] == LOST:
            found = f"{name} is lost: its processes are gone, and left no exit code"
            remedy = f"{AGAIN}, which says where it ended and goes on from its last checkpoint."
            yield Finding(row["host"], "error", "job", found, remedy)
        elif row["state"] == FAILED:
            found = f"{name} has failed with exit code {row['exit_code']}"
            remedy = f"playbooks/logs.yml shows its end; {AGAIN.lower()} when its cause is gone."
            yield Finding(row["host"], "warning", "job", found, remedy)
        elif row["state"] == RUNNING and row["silent_seconds"] > SILENCE:
            found = f"{name} has printed nothing for {clock_time(row['silent_seconds'])}"
            yield Finding(row["host"], "warning", "job", found, "playbooks/status.yml shows every rank.")
