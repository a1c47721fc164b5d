# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The few facts about this host's engine that must be known before the SDK is there.

Plain HTTP over the engine's socket, by the standard library; everything else goes through C(engine.py).
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
from collections.abc import Callable, Mapping
from typing import Any

Get = Callable[[str], Any]

# A manager that has lost its quorum answers only after 20 seconds.
ANSWER_TIMEOUT_SECONDS = 40
FACTS = ("version", "error", "storage_driver", "live_restore", "firewall_backend", "swarm")
SEARCH_PATH = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin:/bin:/sbin"


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def get_from_socket(path: str) -> Get:
    def get(url: str) -> Any:
        connection = _SocketConnection(path)
        try:
            connection.request("GET", url)
            response = connection.getresponse()
            content = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise OSError(content.get("message", f"HTTP status {response.status}"))
        return content

    return get


def observe_engine(socket_path: str) -> dict[str, Any]:
    """Whether an engine is installed, whether it answers, and what it says of itself and its swarm."""
    installed = shutil.which("dockerd", path=SEARCH_PATH) is not None
    return {"installed": installed, **engine_facts(get_from_socket(socket_path))}


def engine_facts(get: Get) -> dict[str, Any]:
    try:
        info = get("/info")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return {**dict.fromkeys(FACTS), "error": str(error)}
    return {
        "version": info["ServerVersion"],
        "error": None,
        "storage_driver": info["Driver"],
        "live_restore": info["LiveRestoreEnabled"],
        # Engines before 28 do not say it; they know iptables only.
        "firewall_backend": (info.get("FirewallBackend") or {}).get("Driver"),
        "swarm": swarm_facts(info.get("Swarm") or {}, get),
    }


def swarm_facts(swarm: Mapping[str, Any], get: Get) -> dict[str, Any]:
    is_manager = bool(swarm.get("ControlAvailable"))
    error = swarm.get("Error") or None
    node_ids: list[str] = []
    if is_manager:
        try:
            node_ids = sorted(node["ID"] for node in get("/nodes"))
        except (OSError, ValueError, http.client.HTTPException) as failure:
            error = str(failure)
    return {
        "local_node_state": swarm.get("LocalNodeState") or "inactive",
        "node_id": swarm.get("NodeID") or None,
        "is_manager": is_manager,
        "cluster_id": (swarm.get("Cluster") or {}).get("ID") or None,
        "remote_managers": sorted(one["Addr"] for one in swarm.get("RemoteManagers") or []),
        "node_ids": node_ids,
        "error": error,
    }
