# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the addresses and ports of the firewall of the swarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, ip_address
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.port_range import (
    parsed_port_range,
    written_port_range,
)

DEFAULT_PORT = 2377
GOSSIP_PORT = 7946
CHOICES = ("advertise_addr", "data_path_addr")


def swarm_addresses(chosen: Mapping[str, Any], hosts: Sequence[str]) -> list[str]:
    """The addresses of these hosts in the swarm; ``chosen`` is by host what the role fabric has chosen."""
    found = {address for host in hosts for address in _addresses(host, chosen.get(host) or {})}
    return sorted(found, key=lambda text: (ip_address(text).version, int(ip_address(text))))


def firewall_addresses(addresses: Sequence[Any], needed: Sequence[str] = ()) -> dict[str, list[str]]:
    """The addresses by their family.

    PlanError for one that is no address or cannot be that of a host, and where one of ``needed`` is missing.
    """
    if isinstance(addresses, str) or not isinstance(addresses, Sequence):
        raise PlanError(f"swarm_firewall_allow: found {addresses!r}, which is no list of addresses.")
    if not addresses:
        raise PlanError(
            "swarm_firewall_allow is empty: the hosts would shut each other out. Give the address of every host."
        )
    parsed = {_address(text) for text in addresses}
    missing = [text for text in needed if ip_address(text) not in parsed]
    if missing:
        raise PlanError(
            f"swarm_firewall_allow lacks {', '.join(missing)}: hosts of this swarm would be shut out. Add their"
            " addresses, or leave it empty."
        )
    return {
        family: [str(one) for one in sorted(parsed, key=int) if isinstance(one, IPv4Address) == is_v4]
        for family, is_v4 in (("ipv4", True), ("ipv6", False))
    }


def listen_port(listen_addr: str) -> int:
    """The port of an address like C(0.0.0.0:2377); the swarm's own where there is none."""
    _host, separator, port = str(listen_addr).rpartition(":")
    if not separator or not port.isdigit():
        return DEFAULT_PORT
    return int(port)


def transfer_ports(written: str, swarm_ports: Sequence[int]) -> str:
    """The range of ports of transfers, empty where the kernel chooses; PlanError where the swarm needs one of it."""
    ports = parsed_port_range("swarm_transfer_ports", written)
    taken = [str(port) for port in swarm_ports if port in ports]
    if taken:
        raise PlanError(
            f"swarm_transfer_ports: found {written!r}, which holds {', '.join(taken)} of the swarm itself. Give a range"
            " without it."
        )
    return written_port_range(ports)


def _addresses(host: str, chosen: Mapping[str, Any]) -> list[str]:
    given = [str(chosen.get(name) or "") for name in CHOICES]
    if not given[0]:
        raise PlanError(
            f"swarm_firewall_allow: the address of {host} is not known. Set swarm_advertise_addr for it, or run the"
            " play on all hosts at once."
        )
    return [str(_address(text)) for text in given if text]


def _address(text: Any) -> Any:
    try:
        address = ip_address(str(text))
    except ValueError as error:
        raise PlanError(f"swarm_firewall_allow: found {text!r}, which is no address: {error}") from error
    if address.is_unspecified or address.is_multicast or address.is_loopback:
        raise PlanError(f"swarm_firewall_allow: found {text!r}, which cannot be the address of a host.")
    if getattr(address, "scope_id", None):
        raise PlanError(f"swarm_firewall_allow: found {text!r}; give it without the interface's name.")
    return address
