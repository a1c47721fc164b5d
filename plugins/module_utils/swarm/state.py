# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The swarm as an engine reports it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Membership:
    """The membership of one engine, as it reports it.

    ``state`` is the engine's LocalNodeState: inactive, pending, active, error or locked. ``swarm_id`` is known to
    managers only. ``gossip_port_taken`` says that something on the host listens at the port of the nodes' gossip.
    ``host_addresses`` are those of the host's interfaces, None where not read. ``silent_managers`` are those of
    ``manager_addresses`` at which nothing answers; looked for only where the swarm does not work. ``data_path_port``
    is known to managers only, and 0 elsewhere.
    """

    state: str = "inactive"
    is_manager: bool = False
    swarm_id: str = ""
    node_id: str = ""
    node_address: str = ""
    error: str = ""
    manager_addresses: tuple[str, ...] = ()
    gossip_port_taken: bool = False
    hostname: str = ""
    host_addresses: frozenset[str] | None = None
    silent_managers: tuple[str, ...] = ()
    data_path_port: int = 0

    @classmethod
    def from_info(
        cls,
        info: Mapping[str, Any],
        gossip_port_taken: bool = False,
        host_addresses: frozenset[str] | None = None,
    ) -> Membership:
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
            hostname=info.get("Name") or "",
            host_addresses=host_addresses,
            data_path_port=(swarm.get("Cluster") or {}).get("DataPathPort") or 0,
        )

    @classmethod
    def from_result(cls, result: Mapping[str, Any]) -> Membership:
        """Read back what C(swarm_info) returned."""
        known = {field.name: result[field.name] for field in fields(cls) if field.name in result}
        addresses = known.get("host_addresses")
        return cls(
            **{
                **known,
                "manager_addresses": tuple(known.get("manager_addresses", ())),
                "silent_managers": tuple(known.get("silent_managers", ())),
                "host_addresses": None if addresses is None else frozenset(addresses),
            }
        )

    @property
    def role(self) -> str:
        return "manager" if self.is_manager else "worker"

    @property
    def works(self) -> bool:
        """Whether the engine is an active node and says of nothing that it is wrong."""
        return self.state == "active" and not self.error

    def as_result(self) -> dict[str, Any]:
        """The state as a user reads it in a diff."""
        if self.state == "inactive":
            return {"state": "absent"}
        return {"state": self.state, "role": self.role, "node_id": self.node_id}

    def as_facts(self) -> dict[str, Any]:
        """Everything, as C(swarm_info) returns it."""
        addresses = self.host_addresses
        return {
            "active": self.state == "active",
            **asdict(self),
            "manager_addresses": list(self.manager_addresses),
            "silent_managers": list(self.silent_managers),
            "host_addresses": None if addresses is None else sorted(addresses),
        }


@dataclass(frozen=True)
class Node:
    """A node as a manager lists it; ``manager_address`` and ``reachability`` are empty for a worker."""

    id: str
    hostname: str
    role: str
    state: str
    availability: str
    address: str
    manager_address: str = ""
    reachability: str = ""

    @classmethod
    def from_api(cls, node: Mapping[str, Any]) -> Node:
        status = node.get("Status") or {}
        manager = node.get("ManagerStatus") or {}
        return cls(
            id=node["ID"],
            hostname=(node.get("Description") or {}).get("Hostname", ""),
            role=node["Spec"]["Role"],
            state=status.get("State", "unknown"),
            availability=node["Spec"].get("Availability", ""),
            address=status.get("Addr", ""),
            manager_address=manager.get("Addr", ""),
            reachability=manager.get("Reachability", ""),
        )

    @classmethod
    def from_result(cls, result: Mapping[str, Any]) -> Node:
        return cls(**{field.name: result[field.name] for field in fields(cls) if field.name in result})

    @property
    def is_ready(self) -> bool:
        return self.state == "ready"

    @property
    def is_manager(self) -> bool:
        return self.role == "manager" or bool(self.manager_address)

    @property
    def addresses(self) -> frozenset[str]:
        """Where the managers see it, by which it can be distinguished from others: a leader sees itself at 0.0.0.0."""
        found = (self.address, host_part(self.manager_address))
        return frozenset(one for one in found if one and not _says_nothing(one))

    def as_result(self) -> dict[str, Any]:
        return asdict(self)


def nodes_of(results: Iterable[Mapping[str, Any]]) -> tuple[Node, ...]:
    return tuple(Node.from_result(one) for one in results)


def host_part(address: str) -> str:
    """The address without its port: C(10.0.0.1:2377) is 10.0.0.1, C([fd00::1]:2377) is fd00::1."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _says_nothing(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.is_unspecified or found.is_loopback
