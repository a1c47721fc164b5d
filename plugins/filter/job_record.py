# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters that make and close the record of a job, C(artifacts/JOB/job.json)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.progress.steps import without_nan
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow import job_record as job_record_plan

HostVariables = Mapping[str, Mapping[str, Any]]

FOUND = "__trainer_launch_found"
IMAGES = "__trainer_launch_images"
FACTS = "fabric_observed"


def job_record(
    hostvars: HostVariables, ranks: Sequence[Mapping[str, Any]], secrets: Sequence[str], failure: str = "", **said: Any
) -> dict[str, Any]:
    """The whole record of a job, from what its hosts were seen to be; the secrets are left out by their names."""
    seen = {rank["host"]: _seen(hostvars[rank["host"]]) for rank in ranks}
    environment = {name: value for name, value in said["environment"].items() if name not in secrets}
    described = job_record_plan.describe({**said, "environment": environment}, ranks, seen)
    record = job_record_plan.of_attempt(described, said["kept"])
    return _close(record, {host: one["job"] for host, one in seen.items()}, failure)


def closed_job_record(record: Mapping[str, Any], hostvars: HostVariables, hosts: Sequence[str]) -> dict[str, Any]:
    """A record that is there, with what has become of the job since."""
    return _close(record, {host: _seen(hostvars[host])["job"] for host in hosts})


def _close(record: Mapping[str, Any], jobs: Mapping[str, Any], failure: str = "") -> dict[str, Any]:
    """As JSON can hold it, whatever stands in the settings."""
    return dict(without_nan(job_record_plan.close(record, jobs, failure)))


def _seen(variables: Mapping[str, Any]) -> dict[str, Any]:
    found = variables.get(FOUND) or {}
    images = (variables.get(IMAGES) or {}).get("images") or [{}]
    return {
        "job": found.get("job"),
        "container": found.get("container"),
        "image": images[0],
        "facts": variables.get(FACTS) or {},
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"job_record": job_record, "closed_job_record": closed_job_record}
