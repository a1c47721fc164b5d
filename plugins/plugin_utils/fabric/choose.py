# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: choose the interfaces and networks, from the interfaces of all hosts, the measurements and the settings.

Every choice has its reason. What is set by hand wins, what a swarm has already comes next, and only the rest is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.subnets import ipv4_subnet
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import host_part

from .choice import (
    ADVERTISE_ADDRESS,
    ALL_HOSTS,
    BY_HAND,
    DATA_PATH_ADDRESS,
    JOB_NETWORK,
    FabricSettings,
    NetworkChoice,
)
from .networks import DEFAULT_ROUTES, Facts, HostInterface, Measurement, Quality, find_networks, judge
from .overlay import choose_mtu, choose_subnet
from .tuning import RDMA_DEVICES

# Rates within this factor of the best one count as equal. One short stream measures no better, and on an overlay jumbo
# frames are worth more than that: 1.1 -> 8.7 Gbit/s in docker/libnetwork#1330.
EQUAL_RATES = 0.5


def choose_networks(
    facts: Mapping[str, Facts], measurements: Sequence[Measurement], wanted: FabricSettings
) -> list[NetworkChoice]:
    """Return every choice. Raises PlanError with the reason and the remedy where one cannot be made."""
    qualities = [judge(network, measurements, wanted.managers) for network in find_networks(facts)]
    nodes = members(facts)
    chosen = _choose_data(facts, qualities, wanted)
    data = _pin("swarm_data_path_addr", facts, wanted.data_path_addr, _keep("data_path_address", nodes, chosen))
    chosen = _choose_control(facts, qualities, wanted, data)
    control = _pin("swarm_advertise_addr", facts, wanted.advertise_addr, _keep("node_address", nodes, chosen))
    job_network = _choose_job_network(wanted, data)
    return [
        *(
            NetworkChoice(ADVERTISE_ADDRESS, host, control.interfaces[host].address, control.reasons[host])
            for host in facts
        ),
        *(NetworkChoice(DATA_PATH_ADDRESS, host, data.interfaces[host].address, data.reasons[host]) for host in facts),
        choose_mtu(nodes, qualities, wanted, data.interfaces),
        choose_subnet(facts, nodes, wanted),
        job_network,
        *_interfaces_of_the_job(job_network.value, data),
    ]


@dataclass(frozen=True)
class _Side:
    """The interface of each host that carries one kind of traffic, and why."""

    interfaces: Mapping[str, HostInterface]
    reasons: Mapping[str, str]

    @classmethod
    def of(cls, interfaces: Mapping[str, HostInterface], reason: str) -> _Side:
        return cls(interfaces, dict.fromkeys(interfaces, reason))

    def but(self, interfaces: Mapping[str, HostInterface], reasons: Mapping[str, str]) -> _Side:
        return _Side({**self.interfaces, **interfaces}, {**self.reasons, **reasons})


def members(facts: Mapping[str, Facts]) -> dict[str, Facts]:
    """The hosts that are nodes of a swarm whose manager is among the hosts; their addresses are kept.

    A manager without a leader cannot list its nodes: then it is one itself, and so are the nodes that name it.
    """
    swarms = {host: one["engine"].get("swarm") or {} for host, one in facts.items()}
    listed = {node_id for swarm in swarms.values() for node_id in swarm.get("node_ids") or ()}
    leaderless = {
        one["node_address"] for one in swarms.values() if one.get("is_manager") and one.get("node_ids") is None
    }
    return {
        host: facts[host]
        for host, swarm in swarms.items()
        if swarm.get("node_id") in listed
        or swarm.get("node_address") in leaderless
        or not leaderless.isdisjoint(map(host_part, swarm.get("remote_managers") or ()))
    }


def _keep(key: str, nodes: Mapping[str, Facts], side: _Side) -> _Side:
    """Leave a node its address; one that is on no interface any more cannot be kept."""
    interfaces, reasons = {}, {}
    for host, facts in nodes.items():
        swarm = facts["engine"]["swarm"]
        # Without an address of their own, the data go where the node is.
        kept = _find_interface(host, swarm.get(key) or swarm.get("node_address") or "", facts)
        chosen = side.interfaces.get(host)
        if kept and (chosen is None or kept.address != chosen.address):
            interfaces[host] = kept
            now = f"; a new node would get {chosen.address}" if chosen else ""
            reasons[host] = f"kept, as the host is a node with it{now}"
    return side.but(interfaces, reasons)


def _pin(variable: str, facts: Mapping[str, Facts], by_hand: Mapping[str, str], side: _Side) -> _Side:
    """Replace what was chosen by what is set by hand for single hosts."""
    interfaces = {host: _own_interface(variable, host, value, facts[host]) for host, value in by_hand.items() if value}
    pinned = side.but(interfaces, dict.fromkeys(interfaces, BY_HAND))
    if any(host not in pinned.interfaces for host in facts):
        alone = f" {variable} is set for {', '.join(interfaces)} alone." if interfaces else ""
        raise PlanError(f"{side.reasons[ALL_HOSTS]}{alone}")
    return pinned


def _own_interface(variable: str, host: str, value: str, facts: Facts) -> HostInterface:
    found = _find_interface(host, value, facts)
    if found is None:
        # A bridge without an interface of the host in it lies inside the host.
        masters = {interface["master"] for interface in facts["interfaces"] if interface["kind"] != "veth"}
        interfaces = [
            interface
            for interface in facts["interfaces"]
            if interface["kind"] != "bridge" or interface["name"] in masters
        ]
        known = ", ".join(
            f"{one['address']} ({interface['name']})" for interface in interfaces for one in interface["addresses"]
        )
        raise PlanError(
            f"{variable}: found {value} for {host}, which no interface of that host has: {known}. Set one of "
            "these, or leave it unset to have it chosen."
        )
    return found


def _find_interface(host: str, value: str, facts: Facts) -> HostInterface | None:
    """The host's interface that has this address or this name."""
    for interface in facts["interfaces"]:
        addresses = [one["address"] for one in interface["addresses"]]
        if value in addresses or (value == interface["name"] and addresses):
            return HostInterface.of(host, interface, value if value in addresses else addresses[0])
    return None


def _choose_data(facts: Mapping[str, Facts], qualities: Sequence[Quality], wanted: FabricSettings) -> _Side:
    if wanted.data_network:
        return _by_name("fabric_data_network", wanted.data_network, facts, qualities)
    usable = [one for one in qualities if one.network.covers(facts) and not one.blocked_pairs]
    if not usable:
        # Raised later, and only where a host has no interface that is kept or set by hand.
        return _Side({}, {ALL_HOSTS: _nothing_connects(facts, qualities)})
    best = max(usable, key=lambda one: _preference(one, usable))
    return _Side.of(best.network.endpoints, f"{best.network.name}: {_why_data(best, usable, qualities, facts)}")


def _preference(one: Quality, usable: Iterable[Quality]) -> tuple[bool, int, bool, float, bool, str]:
    rates = [other.mbits for other in usable if other.mbits]
    is_fast = one.mbits is None or one.mbits >= EQUAL_RATES * max(rates, default=0)
    return (is_fast, one.mtu, one.has_rdma, one.mbits or 0, one.network.has_default_route, one.network.name)


def _why_data(
    best: Quality, usable: Sequence[Quality], qualities: Sequence[Quality], facts: Mapping[str, Facts]
) -> str:
    others = [one for one in qualities if one is not best]
    if not others:
        return "the only network that connects all hosts"
    notes = [_why_not(one, best, usable, facts) for one in others]
    return f"{_figures(best)}; " + "; ".join(notes)


def _why_not(one: Quality, best: Quality, usable: Sequence[Quality], facts: Mapping[str, Facts]) -> str:
    name = one.network.name
    missing = [host for host in facts if host not in one.network.endpoints]
    if missing:
        return f"{name} lacks {', '.join(missing)}"
    if one not in usable:
        return f"{name} is blocked ({one.blocked_pairs[0]}{', …' if len(one.blocked_pairs) > 1 else ''})"
    return f"not {name}: {_figures(one)}"


def _figures(one: Quality) -> str:
    rate = "speed unknown"
    if one.mbits is not None:
        rate = f"{one.mbits / 1000:.1f} Gbit/s {'measured' if one.is_measured else 'by its interfaces'}"
    return f"{rate}, MTU {one.mtu}" + (", RDMA" if one.has_rdma else "")


def _choose_control(
    facts: Mapping[str, Facts], qualities: Sequence[Quality], wanted: FabricSettings, data: _Side
) -> _Side:
    if wanted.control_network:
        return _by_name("fabric_control_network", wanted.control_network, facts, qualities)
    for one in qualities:
        if one.network.has_default_route and one.network.covers(facts) and not one.blocked_pairs:
            return _Side.of(one.network.endpoints, f"{one.network.name}: the interfaces of the default routes")
    return _Side.of(data.interfaces, "as the data path: the interfaces of the default routes do not connect all hosts")


def _by_name(variable: str, name: str, facts: Mapping[str, Facts], qualities: Sequence[Quality]) -> _Side:
    known = ", ".join(one.network.name for one in qualities if one.network.covers(facts)) or "none"
    try:
        wanted = name if name == DEFAULT_ROUTES else str(ipv4_subnet(variable, name, "192.0.2.0/24"))
    except PlanError as error:
        raise PlanError(f"{error.message} The networks that every host is in: {known}.") from error
    for one in qualities:
        if one.network.name == wanted and one.network.covers(facts):
            return _Side.of(one.network.endpoints, f"{variable} is {BY_HAND}")
    raise PlanError(f"{variable}: found {name}, which is no network that every host is in. Those are: {known}.")


def _nothing_connects(facts: Mapping[str, Facts], qualities: Sequence[Quality]) -> str:
    found = "; ".join(
        f"{one.network.name} has {', '.join(one.network.endpoints)}"
        + (f" and is blocked between {', '.join(one.blocked_pairs[:3])}" if one.blocked_pairs else "")
        for one in qualities
    )
    return (
        f"No network connects all of {', '.join(facts)}. Found: {found or 'no network that two of them share'}. Open "
        "2377/tcp, 7946/tcp, 7946/udp and 4789/udp (or another swarm_data_path_port) between the hosts of one network, "
        "or set swarm_advertise_addr and swarm_data_path_addr for each host."
    )


def _choose_job_network(wanted: FabricSettings, data: _Side) -> NetworkChoice:
    if wanted.job_network != "auto":
        return NetworkChoice(JOB_NETWORK, ALL_HOSTS, wanted.job_network, BY_HAND)
    if all(one.rdma_devices for one in data.interfaces.values()):
        return NetworkChoice(
            JOB_NETWORK, ALL_HOSTS, "host", "every data interface has RDMA, which an overlay cannot carry"
        )
    reason = "not every data interface has RDMA, so that the overlay costs some rate and nothing else"
    return NetworkChoice(JOB_NETWORK, ALL_HOSTS, "overlay", reason)


def _interfaces_of_the_job(job_network: str, data: _Side) -> list[NetworkChoice]:
    """The variables of NCCL and gloo. In a container on the overlay the interface is known when the job starts."""
    if job_network == "overlay":
        reason = "the container's interface in the overlay's subnet, found by its address when the job starts"
        return [NetworkChoice(name, ALL_HOSTS, "", reason) for name in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")]
    return [
        NetworkChoice(
            name, host, value, f"the RDMA devices of {one.interface}" if name == RDMA_DEVICES else _why_interface(one)
        )
        for host, one in data.interfaces.items()
        for name, value in _environment(one).items()
    ]


def _environment(one: HostInterface) -> dict[str, str]:
    """NCCL and gloo pinned to the interface; NCCL takes a name behind "=" exactly."""
    found = {"NCCL_SOCKET_IFNAME": f"={one.interface}", "GLOO_SOCKET_IFNAME": one.interface}
    return {**found, RDMA_DEVICES: f"={','.join(one.rdma_devices)}"} if one.rdma_devices else found


def _why_interface(one: HostInterface) -> str:
    return f"the interface of the data path {one.address}"


def link_speed(facts: Mapping[str, Facts], data_path: Mapping[str, str]) -> int | None:
    """The speed in Mbit/s of the slowest interface of the data path; None where one of them does not report its own."""
    speeds = [
        one.speed_mbits if (one := _find_interface(host, address, facts[host])) else None
        for host, address in data_path.items()
    ]
    return min(filter(None, speeds)) if speeds and all(speeds) else None


def host_network_environments(facts: Mapping[str, Facts], data_path: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The variables that pin NCCL and gloo to the interface of the data path, by host, whichever network a job uses."""
    interfaces = {host: _find_interface(host, address, facts[host]) for host, address in data_path.items()}
    return {host: _environment(one) for host, one in interfaces.items() if one}
