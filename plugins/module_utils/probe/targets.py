# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which hosts this host asks at which ports, and to which one it sends in which round.

Round K of a network has every host send to the host 2^K places further on, so that N hosts need about log2(N) rounds.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import PlanError
from ..swarm.ports import SWARM_PORTS

LISTENING = "listening"
TAKEN = "taken"
MEASURE = "measure"
# Stands before the port of keepers, which no swarm needs.
KEEPER = "keeper/"
# Up to so many rounds every pair has one; more hosts are measured in powers of two.
ROUNDS_FOR_ALL_PAIRS = 4


@dataclass(frozen=True)
class Endpoint:
    """One host in one network. Of a container only the ``name`` is known beforehand."""

    network: str
    host: str
    address: str = ""
    name: str = ""
    mtu: int = 0


@dataclass(frozen=True)
class Peer:
    """Another host in a network that this host is in too."""

    source: Endpoint
    endpoint: Endpoint


@dataclass(frozen=True)
class Question:
    """One port to ask. Where it is not ours, another program has it, which may accept but answers nothing."""

    label: str
    protocol: str
    port: int
    is_ours: bool


def read_endpoints(rows: Sequence[Mapping[str, Any]]) -> tuple[Endpoint, ...]:
    endpoints = tuple(
        Endpoint(
            network=row["network"],
            host=row["host"],
            address=row.get("address") or "",
            name=row.get("name") or "",
            mtu=int(row.get("mtu") or 0),
        )
        for row in rows
    )
    seen: set[tuple[str, str]] = set()
    for one in endpoints:
        if (one.network, one.host) in seen:
            raise PlanError(
                f"endpoints: host {one.host} stands twice in network {one.network}. Give it one address there."
            )
        seen.add((one.network, one.host))
        if one.address:
            _check_address(one)
    return endpoints


def peers_of(endpoints: Sequence[Endpoint], host: str) -> tuple[Peer, ...]:
    """Every other host of every network that the host is in."""
    own = {one.network: one for one in endpoints if one.host == host}
    return tuple(Peer(own[one.network], one) for one in endpoints if one.host != host and one.network in own)


def stream_rounds(endpoints: Sequence[Endpoint], host: str) -> tuple[tuple[str, str], ...]:
    """The (network, host) to send a stream to, one after the other."""
    rounds = []
    for network in dict.fromkeys(one.network for one in endpoints):
        ring = [one.host for one in endpoints if one.network == network]
        if host not in ring:
            continue
        place = ring.index(host)
        rounds += [(network, ring[(place + shift) % len(ring)]) for shift in shifts(len(ring))]
    return tuple(rounds)


def shifts(count: int) -> tuple[int, ...]:
    """How many places further on each round sends, among so many hosts."""
    if count - 1 <= ROUNDS_FOR_ALL_PAIRS:
        return tuple(range(1, count))
    return tuple(1 << round_number for round_number in range((count - 1).bit_length()))


def questions_for(listener: Mapping[str, Any] | None) -> tuple[Question, ...]:
    """The ports to ask, from what M(distrain.cluster.network_listen) returned about the target's address.

    Without a listener only the ports that accept by themselves can be judged.
    """
    states = (listener or {}).get("ports") or {}
    questions = [
        Question(label, protocol, int(label.partition("/")[0]), state == LISTENING)
        for label, state in states.items()
        for protocol in (label.rpartition("/")[2],)
    ]
    if listener is None:
        questions = [Question(f"{port}/{protocol}", protocol, port, False) for protocol, port in SWARM_PORTS]
    return (*questions, *_keeper_port(listener or {}), *_measuring_ports(listener or {}))


def _keeper_port(listener: Mapping[str, Any]) -> Iterator[Question]:
    """The port of keepers: a service that listens there already accepts, and says nothing."""
    for port, state in (listener.get("keeper") or {}).items():
        yield Question(f"{KEEPER}{port}", "tcp", int(port), state == LISTENING)


def _measuring_ports(listener: Mapping[str, Any]) -> Iterator[Question]:
    for protocol, port in (listener.get(MEASURE) or {}).items():
        if port:
            yield Question(f"{MEASURE}/{protocol}", protocol, int(port), True)


def listener_of(listeners: Mapping[str, Mapping[str, Any] | None], endpoint: Endpoint) -> Mapping[str, Any] | None:
    """The listener of the endpoint's host at its address in this network."""
    rows = (listeners.get(endpoint.host) or {}).get("listeners") or []
    return next((row for row in rows if row["network"] == endpoint.network), None)


def _check_address(endpoint: Endpoint) -> None:
    try:
        address = ipaddress.ip_address(endpoint.address)
    except ValueError:
        raise PlanError(
            f"endpoints: host {endpoint.host} has {endpoint.address!r} in network {endpoint.network}, "
            "which is no address."
        ) from None
    if address.is_unspecified or address.is_multicast:
        raise PlanError(
            f"endpoints: host {endpoint.host} has {endpoint.address} in network {endpoint.network}. "
            "Give the address of one interface: nothing listens on all of them."
        )
