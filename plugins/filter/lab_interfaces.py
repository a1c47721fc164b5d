# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which network interfaces a lab host has, and what is wrong with those that were asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from ansible_collections.distrain.cluster.plugins.filter.host_address import FIRST_HOST, host_address

FIRST_INTERFACE = "management"
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
RATE = re.compile(r"[1-9][0-9]*(\.[0-9]+)?[kmg]bit")
MTUS = range(576, 65536)


def lab_interfaces(
    interfaces: Sequence[Mapping[str, Any]], lab_number: int, network: str, mtu: int, rate: str = ""
) -> list[dict[str, Any]]:
    """The first interface and O(interfaces), each with all its keys.

    The networks of the second and the third interface follow from the lab's number, so that labs do not collide.
    """
    defaults = [f"198.19.{int(lab_number)}.0/24", f"198.19.{int(lab_number) + 100}.0/24"]
    defaults += [""] * len(interfaces)
    first = {"name": FIRST_INTERFACE, "network": network, "mtu": mtu, "rate": rate, "isolated": False}
    return [first] + [
        {"name": "", "network": default, "mtu": mtu, "rate": "", "isolated": False, **interface}
        for interface, default in zip(interfaces, defaults, strict=False)
    ]


def lab_attachments(interfaces: Sequence[Mapping[str, Any]], prefix: str, number: int) -> list[dict[str, str]]:
    """The engine's networks that host C(number) is attached to, with its address in each."""
    return [
        {"name": f"{prefix}.{interface['name']}", "ipv4_address": host_address(number, interface["network"])}
        for interface in interfaces
    ]


def lab_interface_problems(interfaces: Sequence[Mapping[str, Any]], lab_hosts: int) -> list[str]:
    """A sentence for each value that no lab host can have; C(interfaces) come from C(lab_interfaces)."""
    problems = [problem for interface in interfaces for problem in interface_problems(interface, int(lab_hosts))]
    names = [interface["name"] for interface in interfaces]
    problems += [
        f"lab_interfaces: the name {name} stands for several interfaces; {FIRST_INTERFACE} is the first interface's."
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    return problems + list(overlaps(interfaces))


def interface_problems(interface: Mapping[str, Any], lab_hosts: int) -> Iterator[str]:
    first = interface["name"] == FIRST_INTERFACE
    where = "lab_" if first else f"lab_interfaces, {interface['name']}: "
    if not NAME.fullmatch(str(interface["name"])):
        yield f"{where}a name is at most 31 small letters, digits and dashes, and begins with a letter."
    if not str(interface["mtu"]).isdecimal() or int(interface["mtu"]) not in MTUS:
        yield f"{where}mtu is {interface['mtu']}; it must be from {MTUS[0]} to {MTUS[-1]} bytes."
    if interface["rate"] and not RATE.fullmatch(str(interface["rate"])):
        yield f"{where}rate is {interface['rate']}; write it like 1gbit or 250mbit."
    network = parsed(interface["network"])
    if network is None:
        yield f"{where}network is {interface['network']!r}, which is no IPv4 network like 198.19.0.0/24."
    elif network.num_addresses < FIRST_HOST + lab_hosts + 2:
        yield f"{where}network is {network}, which has no room for {lab_hosts} hosts; /24 always has."


def overlaps(interfaces: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    networks = [(interface["name"], parsed(interface["network"])) for interface in interfaces]
    for (one, its_network), (other, other_network) in combinations(networks, 2):
        if its_network and other_network and its_network.overlaps(other_network):
            yield (
                f"lab_interfaces: {its_network} of {one} and {other_network} of {other} overlap; give each a network "
                "of its own."
            )


def parsed(network: Any) -> IPv4Network | None:
    try:
        return IPv4Network(str(network)) if "/" in str(network) else None
    except ValueError:
        return None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lab_attachments": lab_attachments,
            "lab_interface_problems": lab_interface_problems,
            "lab_interfaces": lab_interfaces,
        }
