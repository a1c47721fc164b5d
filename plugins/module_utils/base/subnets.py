# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parse the subnets of variables and options, and check that they have enough addresses."""

from __future__ import annotations

import ipaddress
from typing import Any

from .errors import PlanError

EXAMPLE = "10.77.0.0/16"
# The subnet's own address, its broadcast address and its gateway.
ADDRESSES_BESIDES_HOSTS = 3
# Of the engine's load balancing, the keepalive container, the trainer, and a check of the network while it runs.
ADDRESSES_PER_HOST = 4
# A subnet of a swarm holds at least a gateway and a container.
LONGEST_PREFIX = 29
# That of 10.0.0.0/8, the default address pool of an engine.
ENGINE_POOL_PREFIX = 8


def ipv4_subnet(setting: str, value: Any, example: str = EXAMPLE) -> ipaddress.IPv4Network:
    """Return the IPv4 subnet; raise PlanError with what to write, where ``setting`` is the name of the variable."""
    found = subnet_of(setting, value, example)
    if isinstance(found, ipaddress.IPv6Network):
        raise PlanError(f"{setting}: found {found}, an IPv6 subnet. Write an IPv4 subnet as in {example}.")
    return found


def subnet_of(setting: str, value: Any, example: str = EXAMPLE) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return the subnet of either address family, as an existing network may have it; raise PlanError."""
    text = str(value).strip()
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise PlanError(
            f"{setting}: found {text!r}, which is no subnet. Write an IPv4 subnet as in {example}."
        ) from None
    if "/" not in text:
        raise PlanError(f"{setting}: found {text}, which has no prefix length. Write a subnet as in {example}.")
    if ipaddress.ip_interface(text).ip != found.network_address:
        raise PlanError(
            f"{setting}: found {text}, which is an address within a subnet. Write the subnet itself, {found}, or "
            f"another one as in {example}."
        )
    return found


def addresses_needed(hosts: int) -> int:
    """Return how many addresses the overlay network of this many hosts needs."""
    return ADDRESSES_BESIDES_HOSTS + ADDRESSES_PER_HOST * hosts


def refuse_small_subnet(setting: str, subnet: ipaddress.IPv4Network, hosts: int) -> None:
    """Raise PlanError where the subnet has too few addresses for the overlay network of this many hosts."""
    needed = addresses_needed(hosts)
    if subnet.num_addresses < needed:
        prefix = 32 - (needed - 1).bit_length()
        raise PlanError(
            f"{setting}: found {subnet}, which has {subnet.num_addresses} addresses, and the overlay network of "
            f"{hosts} {'host' if hosts == 1 else 'hosts'} needs {needed}: {ADDRESSES_BESIDES_HOSTS} of its own and "
            f"{ADDRESSES_PER_HOST} for each host. Set a /{prefix} or a larger one, as in {EXAMPLE}."
        )


def refuse_pools(setting: str, pools: Any, size_setting: str, size: int | None) -> None:
    """Raise PlanError where an address pool of a swarm is no subnet, overlaps another, or is too small."""
    found = [ipv4_subnet(setting, one, "10.0.0.0/8") for one in pools or ()]
    for place, one in enumerate(found):
        for other in found[:place]:
            if one.overlaps(other):
                raise PlanError(f"{setting}: {other} and {one} overlap. Give ranges that have no address in common.")
    if size is None:
        return
    shortest = max((one.prefixlen for one in found), default=ENGINE_POOL_PREFIX)
    if not shortest <= size <= LONGEST_PREFIX:
        raise PlanError(
            f"{size_setting}: found {size}, wanted a prefix length from {shortest}, that of the smallest range of "
            f"{setting}, to {LONGEST_PREFIX}."
        )
