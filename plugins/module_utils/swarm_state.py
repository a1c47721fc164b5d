# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an engine says about its swarm, as values of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Membership:
    """What one engine says about itself.

    ``state`` is the engine's LocalNodeState: inactive, pending, active, error or locked. ``swarm_id`` is known to
    managers only. ``gossip_port_taken`` says that something on the host listens at the port of the nodes' gossip.
    """

    state: str = "inactive"
    is_manager: bool = False
    swarm_id: str = ""
    node_id: str = ""
    node_address: str = ""
    error: str = ""
    manager_addresses: tuple[str, ...] = ()
    gossip_port_taken: bool = False

    @classmethod
    def from_info(cls, info: Mapping[str, Any], gossip_port_taken: bool = False) -> Membership:
        swarm = info.get("Swarm") or {}
        return cls(
            state=swarm.get("LocalNodeState") or "inactive",
            is_manager=bool(swarm.get("ControlAvailable")),
            swarm_id=(swarm.get("Cluster") or {}).get("ID", ""),
            node_id=swarm.get("NodeID") or "",
            node_address=swarm.get("NodeAddr") or "",
            error=swarm.get("Error") or "",
            manager_addresses=tuple(sorted(one["Addr"] for one in swarm.get("RemoteManagers") or ())),
            gossip_port_taken=gossip_port_taken,
        )

    @property
    def role(self) -> str:
        return "manager" if self.is_manager else "worker"

    def as_result(self) -> dict[str, Any]:
        """The state as a user reads it in a diff."""
        if self.state == "inactive":
            return {"state": "absent"}
        return {"state": self.state, "role": self.role, "node_id": self.node_id}


@dataclass(frozen=True)
class Node:
    """A node as a manager lists it; ``manager_address`` is empty for a worker."""

    id: str
    hostname: str
    role: str
    state: str
    availability: str
    address: str
    manager_address: str = ""

    @classmethod
    def from_api(cls, node: Mapping[str, Any]) -> Node:
        status = node.get("Status") or {}
        return cls(
            id=node["ID"],
            hostname=(node.get("Description") or {}).get("Hostname", ""),
            role=node["Spec"]["Role"],
            state=status.get("State", "unknown"),
            availability=node["Spec"].get("Availability", ""),
            address=status.get("Addr", ""),
            manager_address=(node.get("ManagerStatus") or {}).get("Addr", ""),
        )

    @property
    def is_ready(self) -> bool:
        return self.state == "ready"

    def as_result(self) -> dict[str, Any]:
        return asdict(self)


def host_part(address: str) -> str:
    """The address without its port: C(10.0.0.1:2377) is 10.0.0.1, C([fd00::1]:2377) is fd00::1."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
