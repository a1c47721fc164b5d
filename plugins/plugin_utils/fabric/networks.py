# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: from the interfaces of all hosts to the networks that may connect them, and to how good each of them is.

A network is a subnet in which several hosts have an interface. What an interface is called plays no part.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.probe.targets import KEEPER

DEFAULT_ROUTES = "default routes"
DEFAULT_DESTINATION = "0.0.0.0/0"
# The prefix length of an address that has no other one in its subnet.
ALONE = 32
BLOCKED = frozenset({"refused", "timeout", "unreachable"})
# Of the ports of Docker's swarm mode, the one that managers alone need.
MANAGER_PORT = "2377/tcp"
# How the ports begin that a swarm does not need: those by which hosts measure, and that of keepers.
BESIDE_THE_SWARM = ("measure/", KEEPER)

Facts = Mapping[str, Any]
Measurement = Mapping[str, Any]


@dataclass(frozen=True)
class HostInterface:
    """The interface by which a host takes part in a network."""

    host: str
    interface: str
    address: str
    mtu: int
    kind: str = "hardware"
    speed_mbits: int | None = None
    rdma_devices: tuple[str, ...] = ()

    @classmethod
    def of(cls, host: str, interface: Mapping[str, Any], address: str) -> HostInterface:
        rdma_devices = tuple(interface["rdma_devices"])
        return cls(
            host,
            interface["name"],
            address,
            interface["mtu"],
            interface["kind"],
            interface["speed_mbits"],
            rdma_devices,
        )


@dataclass(frozen=True)
class HostNetwork:
    """``name`` is the subnet, or says that the default routes' interfaces are meant, in whatever subnets they lie."""

    name: str
    endpoints: Mapping[str, HostInterface]
    has_default_route: bool = False

    def covers(self, hosts: Iterable[str]) -> bool:
        return set(hosts) <= set(self.endpoints)


@dataclass(frozen=True)
class Quality:
    """``mbits`` is that of the slowest host, None where it was not measured and its driver does not report it."""

    network: HostNetwork
    mtu: int
    mbits: float | None
    is_measured: bool
    blocked_pairs: tuple[str, ...] = ()
    narrow_pairs: tuple[str, ...] = ()
    has_rdma: bool = False


def find_networks(facts: Mapping[str, Facts]) -> list[HostNetwork]:
    """The networks of these hosts, those with the most hosts first.

    A subnet in which hosts share an address is none, and one with a single host connects nothing; with one host in
    all, its every subnet counts.
    """
    subnets = _subnets(facts)
    networks = [
        HostNetwork(name, _one_for_each_host(found, facts), _is_default(found, facts))
        for name, found in subnets.items()
        if not _has_duplicates(found)
    ]
    minimum = min(2, len(facts))
    networks = [one for one in networks if len(one.endpoints) >= minimum]
    if not any(one.has_default_route and one.covers(facts) for one in networks):
        networks += _default_routes(facts)
    return sorted(networks, key=lambda one: (-len(one.endpoints), one.name))


def shared_addresses(facts: Mapping[str, Facts]) -> list[tuple[str, list[HostInterface]]]:
    """Per address that several hosts have: the hosts' interfaces.

    A bridge with the same address on every host lies inside each of them, as Docker's and libvirt's do: no mistake.
    """
    found = []
    for endpoints in _subnets(facts).values():
        if not _has_duplicates(endpoints) or _is_inside_each_host(endpoints):
            continue
        for address in sorted({one.address for one in endpoints}):
            sharing = [one for one in endpoints if one.address == address]
            if len(sharing) > 1:
                found.append((address, sharing))
    return found


def judge(network: HostNetwork, measurements: Sequence[Measurement], managers: Container[str]) -> Quality:
    """The quality of a network: from the measurements between its hosts, else from its interfaces."""
    own = [one for one in measurements if one["network"] == network.name]
    rates = _best_rates(own)
    paths = [one["path_mtu"] for one in own if one.get("path_mtu")]
    interface_mtu = min(one.mtu for one in network.endpoints.values())
    speeds = [one.speed_mbits for one in network.endpoints.values()]
    reported = min((speed for speed in speeds if speed), default=None) if all(speeds) else None
    return Quality(
        network=network,
        mtu=min([interface_mtu, *paths]),
        mbits=min(rates.values()) if rates else reported,
        is_measured=bool(rates),
        blocked_pairs=tuple(_pair(one) for one in own if is_blocked(one, managers)),
        narrow_pairs=tuple(_pair(one) for one in own if one.get("path_mtu") and one["path_mtu"] < interface_mtu),
        has_rdma=all(one.rdma_devices for one in network.endpoints.values()),
    )


def _best_rates(measurements: Iterable[Measurement]) -> dict[str, float]:
    """The best rate that each host has sent or received: a busy moment makes a stream slower, and nothing faster."""
    best: dict[str, float] = {}
    for one in measurements:
        for host in (one["source"], one["target"]):
            if one.get("mbits"):
                best[host] = max(best.get(host, 0), one["mbits"])
    return best


def is_blocked(one: Measurement, managers: Container[str]) -> bool:
    """Whether a port that the swarm needs is closed between these two hosts."""
    if one.get("answered_by") not in (None, one["target"]):
        return True
    needed = [port for port in one["ports"] if port != MANAGER_PORT or one["target"] in managers]
    outcomes = [one["ports"][port] for port in needed if not port.startswith(BESIDE_THE_SWARM)]
    return any(outcome in BLOCKED or outcome.startswith("other host") for outcome in outcomes)


def _subnets(facts: Mapping[str, Facts]) -> dict[str, list[HostInterface]]:
    subnets: dict[str, list[HostInterface]] = {}
    for host, one in facts.items():
        for subnet, endpoint in _endpoints(host, one):
            # A network of its own for each address, as tunnels have it, connects nothing that could be compared.
            if subnet.prefixlen < ALONE:
                subnets.setdefault(str(subnet), []).append(endpoint)
    return subnets


def _endpoints(host: str, facts: Facts) -> Iterator[tuple[ipaddress.IPv4Network, HostInterface]]:
    for interface in facts["interfaces"]:
        for one in interface["addresses"]:
            address = ipaddress.ip_interface(f"{one['address']}/{one['prefix']}")
            if interface["is_up"] and isinstance(address, ipaddress.IPv4Interface) and not address.is_link_local:
                yield address.network, HostInterface.of(host, interface, one["address"])


def _one_for_each_host(found: Sequence[HostInterface], facts: Mapping[str, Facts]) -> dict[str, HostInterface]:
    """A host with two interfaces in one subnet takes part with its fastest; of equals, with its default route's."""
    order = {host: position for position, host in enumerate(facts)}

    def preference(one: HostInterface) -> tuple[int, int, bool, ipaddress.IPv4Address]:
        has_default_route = one.interface in _default_interfaces(facts[one.host])
        return (-(one.speed_mbits or 0), -one.mtu, not has_default_route, ipaddress.IPv4Address(one.address))

    best: dict[str, HostInterface] = {}
    for one in sorted(found, key=preference):
        best.setdefault(one.host, one)
    return dict(sorted(best.items(), key=lambda item: order[item[0]]))


def _has_duplicates(found: Sequence[HostInterface]) -> bool:
    addresses = [one.address for one in found]
    return len(set(addresses)) < len(addresses)


def _is_inside_each_host(found: Sequence[HostInterface]) -> bool:
    return len({one.address for one in found}) == 1 and all(one.kind == "bridge" for one in found)


def _is_default(found: Sequence[HostInterface], facts: Mapping[str, Facts]) -> bool:
    return all(one.interface in _default_interfaces(facts[one.host]) for one in found)


def _default_interfaces(facts: Facts) -> set[str]:
    return {one["interface"] for one in facts["routes"] if one["destination"] == DEFAULT_DESTINATION}


def _default_routes(facts: Mapping[str, Facts]) -> list[HostNetwork]:
    """Hosts of different subnets that a router connects, those among them whose address is a subnet of its own."""
    found = {}
    for host, one in facts.items():
        interfaces = _default_interfaces(one)
        endpoints = [endpoint for _subnet, endpoint in _endpoints(host, one) if endpoint.interface in interfaces]
        if not endpoints:
            return []
        found[host] = endpoints[0]
    return [] if _has_duplicates(list(found.values())) else [HostNetwork(DEFAULT_ROUTES, found, has_default_route=True)]


def _pair(one: Measurement) -> str:
    return f"{one['source']} -> {one['target']}"
