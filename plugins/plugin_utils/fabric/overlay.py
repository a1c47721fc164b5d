# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the MTU below the overlay network and its subnet, from the hosts and their networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.subnets import ipv4_subnet, refuse_small_subnet
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.settings import SUBNET

from .choice import ALL_HOSTS, BY_HAND, OVERLAY_SUBNET, UNDERLAY_MTU, FabricSettings, NetworkChoice
from .networks import Facts, HostInterface, Quality

# RFC 791 obliges every IPv4 host to take this much; less carries no overlay worth having.
MINIMUM_MTU = 576


def choose_mtu(
    members: Mapping[str, Facts],
    qualities: Sequence[Quality],
    wanted: FabricSettings,
    data: Mapping[str, HostInterface],
) -> NetworkChoice:
    if wanted.overlay_mtu:
        if wanted.overlay_mtu < MINIMUM_MTU:
            raise PlanError(f"swarm_network_mtu: found {wanted.overlay_mtu}, wanted {MINIMUM_MTU} bytes or more.")
        return NetworkChoice(UNDERLAY_MTU, ALL_HOSTS, wanted.overlay_mtu, BY_HAND)
    kept = next((one["mtu"] for one in _overlays(members, wanted.overlay_name) if one["mtu"]), None)
    if kept:
        return NetworkChoice(UNDERLAY_MTU, ALL_HOSTS, kept, f"kept, as the network {wanted.overlay_name} has it")
    same = next((one for one in qualities if one.network.endpoints == data), None)
    interface_mtu = min(one.mtu for one in data.values())
    if same and same.narrow_pairs:
        return NetworkChoice(
            UNDERLAY_MTU, ALL_HOSTS, same.mtu, f"measured on {same.narrow_pairs[0]}; the interfaces say {interface_mtu}"
        )
    is_measured = same is not None and same.is_measured
    return NetworkChoice(
        UNDERLAY_MTU,
        ALL_HOSTS,
        interface_mtu,
        f"of the data path's smallest interface{', and measured' if is_measured else ''}",
    )


def _overlays(facts: Mapping[str, Facts], name: str) -> list[Mapping[str, Any]]:
    networks = [one for each in facts.values() for one in each["engine"].get("overlay_networks") or ()]
    return [one for one in networks if one["name"] == name]


def choose_subnet(facts: Mapping[str, Facts], members: Mapping[str, Facts], wanted: FabricSettings) -> NetworkChoice:
    if wanted.overlay_subnet:
        return NetworkChoice(OVERLAY_SUBNET, ALL_HOSTS, _set_by_hand(facts, members, wanted), BY_HAND)
    kept = next((one["subnets"][0] for one in _overlays(members, wanted.overlay_name) if one["subnets"]), None)
    if kept:
        return NetworkChoice(OVERLAY_SUBNET, ALL_HOSTS, kept, f"kept, as the network {wanted.overlay_name} has it")
    taken = {network: where for host, one in facts.items() for network, where in _taken(host, one)}
    passed_over = ""
    for subnet in _possible_subnets():
        in_the_way = next((where for network, where in taken.items() if network.overlaps(subnet)), None)
        if in_the_way is None:
            return NetworkChoice(OVERLAY_SUBNET, ALL_HOSTS, str(subnet), f"no host has a route into it{passed_over}")
        passed_over = passed_over or f"; {subnet} overlaps {in_the_way}"
    raise PlanError(
        "swarm_network_subnet: no subnet of 10.0.0.0/8 is free on all hosts. Set one that no host has a route to."
    )


def _set_by_hand(facts: Mapping[str, Facts], members: Mapping[str, Facts], wanted: FabricSettings) -> str:
    """The subnet as it was set; a network that has it already is left as it is."""
    subnet = ipv4_subnet(SUBNET.variable, wanted.overlay_subnet)
    existing = [one for network in _overlays(members, wanted.overlay_name) for one in network["subnets"]]
    if str(subnet) not in existing:
        refuse_small_subnet(SUBNET.variable, subnet, len(facts))
    return str(subnet)


def _possible_subnets() -> Iterable[ipaddress.IPv4Network]:
    """10.77.0.0/16 first; the lowest ones last, since swarms take them for networks that ask for none."""
    return (ipaddress.IPv4Network(f"10.{number}.0.0/16") for number in [*range(77, 256), *range(1, 77)])


def _taken(host: str, facts: Facts) -> Iterable[tuple[ipaddress.IPv4Network, str]]:
    for route in facts["routes"]:
        network = ipaddress.ip_network(route["destination"], strict=False)
        if isinstance(network, ipaddress.IPv4Network) and network.prefixlen:
            interface = f" ({route['interface']})" if route["interface"] else ""
            yield network, f"{network} of {host}{interface}"
    for one in facts["engine"].get("overlay_networks") or ():
        for subnet in one["subnets"]:
            network = ipaddress.ip_network(subnet, strict=False)
            if isinstance(network, ipaddress.IPv4Network):
                yield network, f"{subnet} of the network {one['name']}"
