# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of two containers of different hosts with one address has to be restarted, and when.

A manager that starts again may hand an address out that somebody still holds (moby/moby 41576, 33402), and then neither
of the two is reached from everywhere. Each host decides alone, from the names and addresses
that each engine knows of all of them: of two, the one that sorts last goes first. The other one goes only where that
one has not gone for much longer, for its own host leaves it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What is known of the others may be about to be taken back: their hosts have just started.
FIRST_AFTER_SECONDS = 8
OTHER_AFTER_SECONDS = 30
# A double address comes about when a container starts. One that has been well for longer may have a job in it, which a
# restart would end, and what looks like a double is then the newcomer's to give up. (An engine that starts finds no
# container running, so that no container is older than its engine's start.)
YOUNG_SECONDS = 180
MOST_RESTARTS = 5


@dataclass(frozen=True, order=True)
class NetworkEndpoint:
    """A container's place on the network; in this order hosts agree on which of two goes first."""

    host: str
    id: str
    name: str = field(compare=False)
    address: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"


@dataclass(frozen=True)
class Double:
    """A container of this host, and one of another host that has the same address."""

    container_id: str
    own: NetworkEndpoint
    other: NetworkEndpoint

    def is_due(self, seen_for: float, age: float) -> bool:
        wait = FIRST_AFTER_SECONDS if self.own > self.other else OTHER_AFTER_SECONDS
        return seen_for >= wait and 0 <= age <= YOUNG_SECONDS


def doubles(network: Mapping[str, Any]) -> list[Double]:
    """What an engine's verbose description of a network shows: its own containers, and everybody's endpoints."""
    known = [_endpoint(task) for task in ((network.get("Services") or {}).get("") or {}).get("Tasks") or []]
    containers = {one["EndpointID"]: container_id for container_id, one in (network.get("Containers") or {}).items()}
    return [
        Double(containers[own.id], own, other)
        for own in sorted(known)
        for other in sorted(known)
        if own.id in containers and own.address and own.address == other.address and own.host != other.host
    ]


def _endpoint(task: Mapping[str, Any]) -> NetworkEndpoint:
    host = (task.get("Info") or {}).get("Host IP", "")
    return NetworkEndpoint(host=host, id=task["EndpointID"], name=task["Name"], address=task.get("EndpointIP") or "")


@dataclass
class DoubleHistory:
    """Since when each double address has been seen, and how often each container was restarted for one."""

    _since: dict[Double, float] = field(default_factory=dict)
    _restarts: dict[str, int] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)

    def seen_for(self, now: float, found: list[Double]) -> dict[Double, float]:
        self._since = {double: self._since.get(double, now) for double in found}
        return {double: now - since for double, since in self._since.items()}

    def may_restart(self, container_id: str, now: float) -> bool:
        return self._restarts.get(container_id, 0) < MOST_RESTARTS and now >= self._next.get(container_id, now)

    def note_restart(self, container_id: str, now: float) -> None:
        count = self._restarts.get(container_id, 0) + 1
        self._restarts[container_id] = count
        self._next[container_id] = now + 5 * 2**count
