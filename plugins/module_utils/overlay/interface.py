# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the interface of a container that lies in a network, read from the container's own table of routes."""

from __future__ import annotations

import ipaddress

from ..base.errors import ClusterError


def interface_of(address: str, routes: str) -> str:
    """The interface whose own subnet holds ``address``; ``routes`` is the text of C(/proc/PID/net/route).

    A route through a gateway says nothing about where the interface lies, and neither does the default route.
    """
    wanted = ipaddress.IPv4Address(address)
    matches = []
    for line in routes.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue
        interface, destination, gateway, mask = fields[0], _read(fields[1]), _read(fields[2]), _read(fields[7])
        if int(gateway) or not int(mask):
            continue
        if int(wanted) & int(mask) == int(destination):
            matches.append((int(mask), interface))
    if not matches:
        raise ClusterError(f"No interface of the container lies in the subnet of its address {address} on the network.")
    return max(matches)[1]


def _read(little_endian: str) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(little_endian), "little"))
