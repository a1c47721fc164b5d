# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which rank each host has, its interface, and where a path of a container lies on its host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.errors import PlanError
from .volumes import path_of, readable_volumes
from .yaml_string import yaml_string

# The launcher whose hosts may come and go.
TORCHRUN_ELASTIC = "torchrun_elastic"


def ranks(
    hosts: Sequence[str],
    first: str,
    trainer_name: str,
    processes: Mapping[str, int],
    addresses: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """One entry a host, in the order of their ranks: ``first`` leads, the others keep the order of ``hosts``.

    Where ``first`` is not among the hosts, the first of them leads. The leader is known by the name of its container
    on the overlay, or by its host's address where the trainers use the hosts' own network; so is every other.
    """
    if not hosts:
        raise PlanError("No host is to train. Name at least one in trainer_launch_hosts.")
    ordered = [host for host in hosts if host == first] + [host for host in hosts if host != first]
    known_as = {host: (addresses or {}).get(host) or f"{trainer_name}-{host}" for host in ordered}
    world_size = sum(processes[host] for host in ordered)
    return [
        {
            "host": host,
            "container": f"{trainer_name}-{host}",
            "address": known_as[host],
            "leader": known_as[ordered[0]],
            "rank": rank,
            "nodes": len(ordered),
            "processes": processes[host],
            "world_size": world_size,
        }
        for rank, host in enumerate(ordered)
    ]


def interface_environment(interface: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """NCCL and gloo pinned to one interface; what the user wants wins. NCCL takes a name behind "=" exactly."""
    return {"NCCL_SOCKET_IFNAME": f"={interface}", "GLOO_SOCKET_IFNAME": interface, **wanted}


def settings_digest(settings: Mapping[str, Any]) -> str:
    """The same for the same settings, in whatever order their keys stand."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return "sha256:" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def job_digest(job: Mapping[str, Any]) -> str:
    """Of what makes a job what it is on its host. The secrets and the attempt are no part of it."""
    names = ("command", "settings", "environment", "working_directory", "rank", "world_size")
    return settings_digest({name: job[name] for name in names})


def resumed_settings(settings: str | None, name: str, checkpoint: str) -> str | None:
    """The text of the settings, with the checkpoint to go on from in the place of one that it may name itself.

    A value of several lines is replaced whole: lines of a list begin with C(-), those of anything else are indented.
    """
    if settings is None or not checkpoint:
        return settings
    lines, of_checkpoint = [], False
    for line in settings.split("\n")[:-1] if settings.endswith("\n") else settings.split("\n"):
        if line and line[0] not in " -":
            of_checkpoint = line.startswith((f"{name}:", f"'{name}':", f'"{name}":'))
        if not of_checkpoint:
            lines.append(line)
    return "\n".join([*lines, f"{name}: {yaml_string(checkpoint)}"]) + "\n"


def host_path(container_path: str, volumes: Sequence[Any]) -> str:
    """Where a path of the container lies on the host, by the volume that holds it; empty where none does."""
    path = path_of(container_path)
    holding = [volume for volume in readable_volumes(volumes) if volume.holds(path)]
    if not container_path.startswith("/") or not holding:
        return ""
    best = max(holding, key=lambda volume: len(volume.target))
    return f"{best.source.rstrip('/')}{path[len(best.target.rstrip('/')) :]}" or "/"
