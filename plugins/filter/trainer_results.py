# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters with which results are fetched: from which hosts, and below which directory of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import volume_root as volume_root_plan


def volume_root(path: str, volumes: Sequence[str]) -> str:
    """The source of the volume that holds a path of the host."""
    return volume_root_plan.volume_root(path, volumes)


def job_hosts(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str], registered: str, rank: int) -> list[str]:
    """The hosts that know the job, or the one that has this rank of it."""
    answers = {host: hostvars[host].get(registered) or {} for host in hosts}
    return [
        host
        for host, answer in answers.items()
        if any(int(rank) in (job["rank"], min(int(rank), -1)) for job in answer.get("jobs", ()))
    ]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"volume_root": volume_root, "job_hosts": job_hosts}
