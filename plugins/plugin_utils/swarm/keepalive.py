# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the keepalive container, which keeps the overlay network on a node, and whether it is as it is wanted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What the container was started with; only its restart policy, its memory and its networks can be changed after that.
LABEL = "io.distrain.settings"
MEMORY_BYTES = 64 << 20


def keepalive_digest(settings: Mapping[str, Any]) -> str:
    """The same for the same settings, whether a number came as one or as text."""
    return hashlib.sha256(json.dumps(_plain(settings), sort_keys=True).encode()).hexdigest()


def keepalive_settings(arguments: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The container of a host, from the arguments of the role swarm.

    It serves its own shell, to the overlay network alone: a file large enough to fill packets. Its network mode is the
    network: a worker does not know the network by its name until a container uses it.
    """
    return {
        "hostname": f"{arguments['keepalive_name']}-{host}",
        "image": arguments["keepalive_image"],
        "command": ["/bin/busybox", "httpd", "-f", "-p", str(arguments["keepalive_port"]), "-h", "/bin"],
        "network_mode": arguments["network_name"],
        "restart_policy": "unless-stopped",
        "user": "65534:65534",
        "cap_drop": ["ALL"],
        "security_opts": ["no-new-privileges"],
        "read_only": True,
        "memory": str(MEMORY_BYTES),
        "stop_signal": "SIGKILL",
    }


def keepalive_differences(found: Mapping[str, Any], settings: Mapping[str, Any], network_id: str = "") -> list[str]:
    """The parts in which the container differs: container, status, image, settings, network.

    ``found`` is the container as C(host_info) returned it, empty where there is none. Without ``network_id`` any single
    network is right.
    """
    if not found:
        return ["container"]
    same = {
        "status": found["status"] == "running",
        "image": found["image"] == settings["image"] and found["image_id"] == found["named_image_id"],
        "settings": found["labels"].get(LABEL) == keepalive_digest(settings)
        and found["restart_policy"] == settings["restart_policy"]
        and found["memory_bytes"] == int(settings["memory"]),
        "network": is_on_network(found, network_id),
    }
    return [key for key, is_same in same.items() if not is_same]


def is_on_network(found: Mapping[str, Any], network_id: str) -> bool:
    """Whether the container is on the network alone; where the network was made anew, it runs on a dead one."""
    networks = list(found["networks"].values())
    return len(networks) == 1 and networks[0] == (network_id or networks[0])


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value)
