# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the interface of the container that lies in a network."""

from __future__ import annotations

import socket


def interface_near(address: str, routes: str) -> str:
    """The interface whose own subnet holds the address; ``routes`` is the text of /proc/net/route."""
    wanted = int.from_bytes(socket.inet_aton(address), "little")
    found = []
    for line in routes.splitlines()[1:]:
        fields = line.split()
        destination, gateway, mask = (int(fields[column], 16) for column in (1, 2, 7))
        if mask and not gateway and wanted & mask == destination:
            found.append((mask.bit_count(), fields[0]))
    if not found:
        raise LookupError(f"no interface of the container lies in the network of {address}")
    return max(found)[1]
