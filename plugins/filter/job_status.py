# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters that show jobs: their table, and the ends of their logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.follow import status as job_status_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.job.reliability import reliability
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.keepers import age_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.files import read_histories, read_jobs
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.values import record

KEEPERS = "trainer_launch_keepers"

HostVariables = Mapping[str, Mapping[str, Any]]


def job_status(
    hostvars: HostVariables, hosts: Sequence[str], registered: str, trainer: str, artifacts: str = ""
) -> dict[str, Any]:
    """Every job that these hosts described in the variable ``registered``, with what the controller has of it."""
    jobs = read_jobs(Path(artifacts)) if artifacts else ()
    records = {source.name.partition("/")[0]: record(source.content) for source in jobs}
    mine = {name: one for name, one in records.items() if one.get("trainer") == trainer}
    keepers = _keepers(_answers(hostvars, hosts, KEEPERS))
    # What a keeper knows is newer than what somebody has brought to this controller.
    mine |= {name: keeper["record"] for name, keeper in keepers.items() if keeper["record"]}
    known = reliability(read_histories(Path(artifacts))) if artifacts else None
    return job_status_plan.status(trainer, _answers(hostvars, hosts, registered), mine, known, keepers)


def job_logs(
    hostvars: HostVariables, hosts: Sequence[str], registered: str, job_name: str, rank: int
) -> dict[str, list[str]]:
    """The C(lines) at the end of the log of each rank, or of one, and the C(hosts) that have them."""
    answers = _answers(hostvars, hosts, registered)
    having = [
        host
        for host, answer in answers.items()
        if any(int(rank) in (job["rank"], min(int(rank), -1)) for job in answer.get("jobs", ()))
    ]
    return {"lines": job_status_plan.log_lines(answers, job_name, int(rank)), "hosts": having}


def _answers(hostvars: HostVariables, hosts: Sequence[str], registered: str) -> dict[str, Mapping[str, Any]]:
    return {host: hostvars[host].get(registered) or {} for host in hosts}


def _keepers(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what is known of each job by the host that knows the newest of it.

    C(host) is the job's keeper, C(active) whether its service runs, None where it does not answer, and C(next) are the
    other managers that answer and can keep the job.
    """
    found: dict[str, dict[str, Any]] = {}
    for host, answer in answers.items():
        for name, one in (answer.get("jobs") or {}).items():
            known = found.get(name)
            if known is None or age_of(one["state"]) > age_of(known["state"]):
                found[name] = {**one, "host": one["state"].get("keeper") or host}
    active = {host: answer["active"] for host, answer in answers.items() if "active" in answer}
    for one in found.values():
        one["active"] = active.get(one["host"])
        one["next"] = [host for host in one["state"].get("managers") or () if host != one["host"] and active.get(host)]
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"job_status": job_status, "job_logs": job_logs}
