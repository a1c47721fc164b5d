# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the hosts of a swarm as they were observed, and as the role swarm is to make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Service = Mapping[str, Any]
# The services of a host, from its name and what has been decided about it.
Services = Callable[[str, Mapping[str, Any]], Sequence[Service]]


@dataclass(frozen=True)
class Host:
    """``arguments`` are of the role swarm, ``observed`` is from C(host_info), ``chosen`` is the choice of fabric.

    ``role`` is manager where the inventory has the host in the group managers, else worker.
    """

    name: str
    arguments: Mapping[str, Any]
    observed: Mapping[str, Any]
    chosen: Mapping[str, Any]
    role: str

    @property
    def engine(self) -> Mapping[str, Any]:
        return self.observed.get("engine") or {}

    @property
    def membership(self) -> Mapping[str, Any]:
        """As C(swarm_info) returns it."""
        return self.engine.get("membership") or {}

    @property
    def is_present(self) -> bool:
        return bool(self.arguments["state"] == "present")

    @property
    def carries(self) -> bool:
        """Whether a container can be started on the overlay network: on no node that is drained or paused."""
        return self.is_present and bool(self.arguments["availability"] == "active")

    def address(self, name: str) -> str:
        """The advertise_addr or data_path_addr: what is set by hand, else what the role fabric has chosen."""
        return self.arguments[name] or self.chosen.get(name) or ""


@dataclass(frozen=True)
class Cluster:
    """The hosts of the play; ``missing`` are those that failed before, ``is_limited`` says that there was a --limit."""

    hosts: Mapping[str, Host]
    first_manager: str
    inventory: Sequence[str]
    inventory_names: Sequence[str]
    overlay: Mapping[str, Any]
    services: Services
    # The hosts that the firewall lets in, and by host the addresses that were chosen.
    firewall_hosts: Sequence[str] = ()
    chosen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    missing: Sequence[str] = ()
    is_limited: bool = False

    @property
    def is_whole(self) -> bool:
        return not self.is_limited and not self.missing

    @property
    def first(self) -> Host | None:
        """The first manager, where the play has it."""
        return self.hosts.get(self.first_manager)

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments that are the same for all hosts."""
        return (self.first or next(iter(self.hosts.values()))).arguments
