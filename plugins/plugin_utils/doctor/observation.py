# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The input of the rules of the doctor: what was observed of every host, and what the inventory wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..findings.finding import Finding

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Host:
    """A host of the play. Each part is what its module returned; of one that failed, C(msg) says why.

    ``facts`` are of M(distrain.cluster.host_info), None where the host was not observed. The other parts are empty
    where their modules were not run.
    """

    name: str
    address: str = ""
    is_manager: bool = False
    availability: str = "active"
    facts: Facts | None = None
    docker: Facts = field(default_factory=dict)
    toolkit: Facts = field(default_factory=dict)
    images: Facts = field(default_factory=dict)
    jobs: Facts = field(default_factory=dict)
    keeper: Facts = field(default_factory=dict)
    trains: bool = True

    @property
    def engine(self) -> Facts:
        return (self.facts or {}).get("engine") or {}

    @property
    def answers(self) -> bool:
        """Whether its engine answers; where it does not, that is what is wrong, and the rest follows from it."""
        return bool(self.engine.get("version"))

    @property
    def membership(self) -> Facts:
        return self.engine.get("membership") or {}

    @property
    def is_node(self) -> bool:
        return bool(self.membership.get("state") == "active")

    @property
    def containers(self) -> Mapping[str, Facts]:
        return self.engine.get("containers") or {}


@dataclass(frozen=True)
class Cluster:
    """All hosts of the play, in its order; ``others`` are the names of the inventory's hosts that are not in it."""

    hosts: Sequence[Host]
    others: Sequence[str] = ()
    network_name: str = "distrain"
    network_mtu: int = 0
    network_encrypted: bool = False
    keepalive_name: str = "distrain-keepalive"
    heals: bool = True
    trainer: str = ""
    image: str = ""
    # What M(distrain.cluster.overlay_decision) says of the overlay network; empty where it was not measured.
    verdict: Facts = field(default_factory=dict)
    # Parts that could not be observed at all, each with what was said.
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def answering(self) -> list[Host]:
        return [host for host in self.hosts if host.answers]

    @property
    def nodes(self) -> list[Host]:
        return [host for host in self.answering if host.is_node]

    @property
    def view(self) -> Host | None:
        """The first host that manages a swarm that works, managers of the inventory first; None where none does."""
        managing = [
            host for host in self.nodes if host.membership.get("is_manager") and not host.membership.get("error")
        ]
        return next(iter(sorted(managing, key=lambda host: not host.is_manager)), None)

    @property
    def network(self) -> Facts | None:
        """The overlay network as a manager knows it."""
        known = self.view.engine.get("overlay_networks") or () if self.view else ()
        return next((one for one in known if one["name"] == self.network_name), None)


Rule = Callable[[Cluster], Iterator[Finding]]
