# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A network as an engine describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MTU_OPTION = "com.docker.network.driver.mtu"
ENCRYPTED_OPTION = "encrypted"
# The endpoint by which the engine balances load into the network: no container.
LOAD_BALANCER_PREFIX = "lb-"


@dataclass(frozen=True)
class EngineNetwork:
    """A network as an engine describes it; ``attached`` names the containers, and other hosts, that use it."""

    id: str
    name: str
    driver: str
    subnets: tuple[str, ...] = ()
    gateway: str | None = None
    mtu: int | None = None
    encrypted: bool = False
    attachable: bool = False
    internal: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()

    @classmethod
    def from_api(cls, network: Mapping[str, Any], own_address: str = "") -> EngineNetwork:
        options = network.get("Options") or {}
        pools = (network.get("IPAM") or {}).get("Config") or []
        mtu = options.get(MTU_OPTION)
        return cls(
            id=network["Id"],
            name=network["Name"],
            driver=network.get("Driver", ""),
            subnets=tuple(pool["Subnet"] for pool in pools if pool.get("Subnet")),
            gateway=next((pool["Gateway"] for pool in pools if pool.get("Gateway")), None),
            mtu=int(mtu) if mtu else None,
            encrypted=ENCRYPTED_OPTION in options and options[ENCRYPTED_OPTION].lower() not in ("false", "0"),
            attachable=bool(network.get("Attachable")),
            internal=bool(network.get("Internal")),
            labels=network.get("Labels") or {},
            attached=_attached(network, own_address),
        )

    def as_result(self) -> dict[str, Any]:
        return {
            "state": "present",
            "subnet": self.subnets[0] if self.subnets else None,
            "gateway": self.gateway,
            "mtu": self.mtu,
            "encrypted": self.encrypted,
            "attachable": self.attachable,
            "internal": self.internal,
            "labels": dict(self.labels),
        }

    def as_facts(self) -> dict[str, Any]:
        """Everything but what is attached, as C(host_info) returns it."""
        facts = {**asdict(self), "subnets": list(self.subnets), "labels": dict(self.labels)}
        return {key: value for key, value in facts.items() if key != "attached"}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> EngineNetwork:
        """Read back what C(host_info) returned."""
        return cls(**{**facts, "subnets": tuple(facts["subnets"])})


def _attached(network: Mapping[str, Any], own_address: str) -> tuple[str, ...]:
    containers = [
        container["Name"]
        for key, container in (network.get("Containers") or {}).items()
        if not key.startswith(LOAD_BALANCER_PREFIX)
    ]
    services = network.get("Services") or {}
    named = [f"service {name}" for name in services if name]
    # The containers of no service are listed under the empty name, with those of other hosts.
    tasks = (services.get("") or {}).get("Tasks") or ()
    elsewhere = [(task["Name"], task["Info"].get("Host IP")) for task in tasks]
    distant = [f"{name} on {address}" for name, address in elsewhere if address != own_address]
    return (*sorted(containers), *sorted(named), *sorted(distant))
