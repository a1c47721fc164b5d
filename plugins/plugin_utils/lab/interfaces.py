# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which network interfaces a lab host has, and what is wrong with those that were asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import Any

# The first addresses of a network belong to its gateway and to what else the engine puts there.
FIRST_HOST = 10
FIRST_INTERFACE = "management"
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
RATE = re.compile(r"[1-9][0-9]*(\.[0-9]+)?[kmg]bit")
MTUS = range(576, 65536)


def all_interfaces(
    interfaces: Sequence[Mapping[str, Any]], lab_number: int, network: str, mtu: int, rate: str = ""
) -> list[dict[str, Any]]:
    """Return the first interface and ``interfaces``, each with all its keys.

    The networks of the second and the third interface follow from the lab's number, so that labs do not collide.
    """
    defaults = [f"198.19.{int(lab_number)}.0/24", f"198.19.{int(lab_number) + 100}.0/24"]
    defaults += [""] * len(interfaces)
    first = {"name": FIRST_INTERFACE, "network": network, "mtu": mtu, "rate": rate, "isolated": False}
    return [first] + [
        {"name": "", "network": default, "mtu": mtu, "rate": "", "isolated": False, **interface}
        for interface, default in zip(interfaces, defaults, strict=False)
    ]


def host_address(number: int, network: str) -> str:
    """Return the address of a host in a network with room for it: C(198.18.0.11) for 1 in C(198.18.0.0/24)."""
    return str(ip_network(network)[FIRST_HOST + number])


def problems_of(interfaces: Sequence[Mapping[str, Any]], lab_hosts: int) -> list[str]:
    """Return a sentence for each value that no lab host can have; ``interfaces`` come from ``all_interfaces``."""
    problems = [problem for interface in interfaces for problem in _problems(interface, int(lab_hosts))]
    names = [interface["name"] for interface in interfaces]
    problems += [
        f"lab_interfaces: the name {name} stands for several interfaces; {FIRST_INTERFACE} is the first interface's."
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    return problems + list(_overlaps(interfaces))


def _problems(interface: Mapping[str, Any], lab_hosts: int) -> Iterator[str]:
    first = interface["name"] == FIRST_INTERFACE
    where = "lab_" if first else f"lab_interfaces, {interface['name']}: "
    if not NAME.fullmatch(str(interface["name"])):
        yield f"{where}a name is at most 31 small letters, digits and dashes, and begins with a letter."
    if not str(interface["mtu"]).isdecimal() or int(interface["mtu"]) not in MTUS:
        yield f"{where}mtu is {interface['mtu']}; it must be from {MTUS[0]} to {MTUS[-1]} bytes."
    if interface["rate"] and not RATE.fullmatch(str(interface["rate"])):
        yield f"{where}rate is {interface['rate']}; write it like 1gbit or 250mbit."
    network = _parsed(interface["network"])
    if network is None:
        yield f"{where}network is {interface['network']!r}, which is no IPv4 network like 198.19.0.0/24."
    elif network.num_addresses < FIRST_HOST + lab_hosts + 2:
        yield f"{where}network is {network}, which has no room for {lab_hosts} hosts; /24 always has."


def _overlaps(interfaces: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    networks = [(interface["name"], _parsed(interface["network"])) for interface in interfaces]
    for (one, its_network), (other, other_network) in combinations(networks, 2):
        if its_network and other_network and its_network.overlaps(other_network):
            yield (
                f"lab_interfaces: {its_network} of {one} and {other_network} of {other} overlap; give each a network "
                "of its own."
            )


def _parsed(network: Any) -> IPv4Network | None:
    try:
        return IPv4Network(str(network)) if "/" in str(network) else None
    except ValueError:
        return None
