# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The facts of a host's engine, its swarm, networks and containers, read without the SDK."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..engine.client import EngineClient, Get
from .membership import observe_local_membership
from .network import EngineNetwork
from .state import Membership, Node

FACTS = (
    *("version", "error", "storage_driver", "live_restore", "firewall_backend"),
    *("root_directory", "containerd_image_store", "swarm", "membership", "overlay_networks", "containers"),
)
OVERLAY_NETWORKS = "/networks?filters=" + quote('{"driver":["overlay"]}')
DEFAULT_ROOT = "/var/lib/docker"
SEARCH_PATH = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin:/bin:/sbin"


def observe_engine(socket_path: str, containers: Iterable[str] = (), label: str = "") -> dict[str, Any]:
    """Whether an engine is installed and answers, and its facts."""
    installed = shutil.which("dockerd", path=SEARCH_PATH) is not None
    return {"installed": installed, **engine_facts(EngineClient(socket_path).get, containers, label)}


def engine_facts(get: Get, containers: Iterable[str] = (), label: str = "") -> dict[str, Any]:
    """The facts of the engine, and of the containers that have one of the names, or the label where it is not empty."""
    try:
        info = get("/info")
    except OSError as error:
        return {**dict.fromkeys(FACTS), "error": str(error)}
    return {
        "version": info["ServerVersion"],
        "error": None,
        "storage_driver": info["Driver"],
        "live_restore": info["LiveRestoreEnabled"],
        # Engines before 28 do not say it; they know iptables only.
        "firewall_backend": (info.get("FirewallBackend") or {}).get("Driver"),
        "root_directory": info.get("DockerRootDir"),
        "containerd_image_store": uses_containerd(info),
        **swarm_facts(info, get),
        "overlay_networks": overlay_networks(get),
        "containers": {
            name: facts
            for name in dict.fromkeys([*containers, *labelled_containers(label, get)])
            if (facts := container_facts(name, get))
        },
    }


def uses_containerd(info: Mapping[str, Any]) -> bool:
    """Whether the engine keeps its images in containerd, by the status of its storage driver."""
    status = [row for row in info.get("DriverStatus") or () if len(row) == 2]
    return any(key == "driver-type" and "io.containerd.snapshotter" in value for key, value in status)


def labelled_containers(label: str, get: Get) -> list[str]:
    """The names of all containers with a label, those that do not run included; none for an empty label."""
    if not label:
        return []
    filters = quote(json.dumps({"label": [label]}))
    listed = _get_or_none(f"/containers/json?all=true&filters={filters}", get) or ()
    return [name.removeprefix("/") for one in listed for name in (one.get("Names") or ())[:1]]


def container_facts(name: str, get: Get) -> dict[str, Any] | None:
    """The facts by which a container is compared; None where there is none."""
    found = _get_or_none(f"/containers/{quote(name, safe='')}/json", get)
    if not found:
        return None
    image = found["Config"]["Image"]
    networks = (found.get("NetworkSettings") or {}).get("Networks") or {}
    return {
        "status": found["State"]["Status"],
        "image": image,
        "image_id": found["Image"],
        "named_image_id": (_get_or_none(f"/images/{quote(image)}/json", get) or {}).get("Id"),
        "labels": found["Config"].get("Labels") or {},
        "networks": {network: one["NetworkID"] for network, one in networks.items()},
        "restart_policy": found["HostConfig"]["RestartPolicy"]["Name"],
        "memory_bytes": found["HostConfig"]["Memory"],
    }


def _get_or_none(url: str, get: Get) -> Any:
    try:
        return get(url)
    except OSError:
        return None


def overlay_networks(get: Get) -> list[dict[str, Any]] | None:
    """The overlay networks that this engine knows; a worker knows those that its containers use.

    None where the engine does not answer that: a manager without a quorum may not know them.
    """
    try:
        networks = get(OVERLAY_NETWORKS)
    except OSError:
        return None
    return [EngineNetwork.from_api(one).as_facts() for one in networks]


def data_path_address(engine_root: Path) -> str:
    """The address of the overlays' data as the swarm was joined with it; only this file of the engine's knows it."""
    try:
        state = json.loads((engine_root / "swarm" / "docker-state.json").read_text())
    except (OSError, ValueError):
        return ""
    return state.get("DataPathAddr") or ""


def swarm_facts(info: Mapping[str, Any], get: Get) -> dict[str, Any]:
    """The swarm for the choice of networks, and the membership with the nodes of a manager, as C(swarm_info) has it."""
    membership = observe_local_membership(info)
    nodes: list[Node] | None = None
    if membership.is_manager and not membership.error:
        try:
            nodes = sorted(map(Node.from_api, get("/nodes")), key=lambda node: node.id)
        except OSError as failure:
            membership = replace(membership, error=str(failure))
    return {
        "swarm": _short(membership, nodes, Path(info.get("DockerRootDir") or DEFAULT_ROOT)),
        "membership": {**membership.as_facts(), "nodes": [node.as_result() for node in nodes or ()]},
    }


def _short(membership: Membership, nodes: Iterable[Node] | None, engine_root: Path) -> dict[str, Any]:
    return {
        "local_node_state": membership.state,
        "node_id": membership.node_id or None,
        "node_address": membership.node_address,
        "data_path_address": data_path_address(engine_root),
        "is_manager": membership.is_manager,
        "cluster_id": membership.swarm_id or None,
        "remote_managers": list(membership.manager_addresses),
        "node_ids": None if nodes is None else [node.id for node in nodes],
        "error": membership.error or None,
    }
