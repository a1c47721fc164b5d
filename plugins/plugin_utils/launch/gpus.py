# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the GPUs that a job is to use -> what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import GpuUse

from ..findings.finding import Finding, worst_first
from ..gpu_health.rules import gpu_findings
from .host import Host, Request

REFUSE, IGNORE = "refuse", "ignore"
ERROR, NOTE = "error", "note"


def sick_gpus(request: Request) -> list[dict[str, str]]:
    """The findings about GPUs that the job gets, worst first, notes left out; none where they are not asked for.

    Raises PlanError with all errors among them, unless they are only to be shown.
    """
    health = request.hosts[0].arguments["gpu_health"]
    asked = [host for host in request.hosts if host.gpus and host.observed.get("gpu")]
    if health == IGNORE or not asked:
        return []
    found = gpu_findings({host.name: host.observed["gpu"] for host in asked}, {host.name: _use(host) for host in asked})
    if health == REFUSE:
        _refuse(found)
    return worst_first((one for one in found if one.severity != NOTE), [host.name for host in asked])


def gpu_use(host: Host) -> dict[str, Any] | None:
    """What a job does with the GPUs of the host, where it is not started while they are sick; else None."""
    is_asked = host.arguments["gpu_health"] == REFUSE and host.gpus and host.observed.get("gpu")
    return asdict(_use(host)) if is_asked else None


def _refuse(found: Sequence[Finding]) -> None:
    errors = [f"Host {one.host}: {one.found.rstrip('.')}. {one.remedy}" for one in found if one.severity == ERROR]
    if errors:
        way_out = "No rank was started; trainer_launch_gpu_health: warn starts the job all the same."
        raise PlanError("\n".join([*errors, way_out]))


def _use(host: Host) -> GpuUse:
    arguments, image = host.arguments, host.observed["image"] or {}
    return GpuUse(
        processes=host.processes,
        claimed=tuple(host.gpus),
        containers=tuple(host.observed["trainer_containers"]),
        image=arguments["image"],
        environment=image.get("environment") or {},
        is_shared=arguments["share_gpus"],
        ipc=arguments["ipc"],
        shm_size=arguments["shm_size"],
        memlock=int(arguments["ulimits"].get("memlock", -1)),
        has_rdma="NCCL_IB_HCA" in host.interfaces,
    )
