# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The membership of the engine of this host, with the host's own ports and interfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..host.addresses import answers, own_addresses
from ..host.ports import listening_ports
from .state import Membership, host_part

GOSSIP_PORT = 7946
MANAGER_PORT = 2377


def local_membership(info: Mapping[str, Any]) -> Membership:
    return Membership.from_info(
        info, gossip_port_taken=GOSSIP_PORT in listening_ports(), host_addresses=own_addresses()
    )


def observe_local_membership(info: Mapping[str, Any]) -> Membership:
    """The membership, with the managers that are silent where the swarm does not work; asking them takes seconds."""
    membership = local_membership(info)
    if membership.works or membership.state == "inactive":
        return membership
    return replace(membership, silent_managers=_silent_managers(membership))


def _silent_managers(membership: Membership) -> tuple[str, ...]:
    own = {*(membership.host_addresses or ()), membership.node_address}
    others = [address for address in membership.manager_addresses if host_part(address) not in own]
    return tuple(one for one in others if not answers(host_part(one), _port(one)))


def _port(address: str) -> int:
    port = address.removeprefix("[").partition("]")[2] or address
    text = port.rpartition(":")[2]
    return int(text) if text.isdigit() else MANAGER_PORT
