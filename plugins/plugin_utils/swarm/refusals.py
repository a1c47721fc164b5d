# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: refuse hosts of which no swarm can be made, before anything is changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .cluster import Cluster

SOCKET = "/var/run/docker.sock"


def refuse_hosts(cluster: Cluster) -> None:
    """Raise PlanError where a host is missing, was not observed, or has no engine that answers."""
    _refuse_first_manager(cluster)
    problems = [f"{name}: it failed before in this play" for name in cluster.missing]
    for name, host in cluster.hosts.items():
        if not host.engine:
            said = " ".join(str(host.observed.get("msg") or "no answer").split()).rstrip(".")
            problems.append(f"{name}: it could not be observed: {said}")
        elif host.engine.get("error"):
            problems.append(f"{name}: No Docker engine answers at {SOCKET}: {host.engine['error']}")
    if problems:
        raise PlanError(
            f"{'. '.join(problems)}. A swarm with a host missing is none, so nothing was changed. Is the engine of "
            "each host installed and running? playbooks/hosts.yml installs it, and playbooks/preflight.yml says of "
            "each host what keeps it from answering."
        )


def _refuse_first_manager(cluster: Cluster) -> None:
    first = cluster.first
    if cluster.first_manager in cluster.inventory and (first is None or first.is_present):
        return
    raise PlanError(
        f"swarm_first_manager: found {json.dumps(cluster.first_manager)}, which is no host of the inventory, or is to "
        "leave the swarm (swarm_state: absent). Put at least one other host first into the group managers, or dissolve "
        "the swarm with playbooks/reset.yml."
    )


def refuse_removal(cluster: Cluster) -> None:
    """Raise PlanError where nodes are to be removed that only a part of the inventory does not know."""
    if cluster.arguments["remove_unlisted"] and not cluster.is_whole:
        raise PlanError(
            "swarm_remove_unlisted: the play does not run on all hosts of the inventory, so that it is not known which "
            "nodes are hosts of it. Run it without --limit, and with every host reachable."
        )


def refuse_missing_python(cluster: Cluster, hosts: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise PlanError where a host that needs a step has no Python that talks to the engine."""
    for name, decided in hosts.items():
        python = cluster.hosts[name].arguments["python"]
        has_python = (cluster.hosts[name].observed.get("programs") or {}).get(python, True)
        if decided["needs_python"] and not has_python:
            raise PlanError(
                f"{name}: swarm_python: found no {python} on this host, the Python that talks to the engine. Run "
                "playbooks/hosts.yml first, which makes it."
            )
