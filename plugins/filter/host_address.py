# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which address a lab host has in the lab's network."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

from ansible.errors import AnsibleFilterError

# The first addresses of a network belong to its gateway and to whatever else the engine puts there.
FIRST_HOST = 10


def host_address(number: int, network: str) -> str:
    """C(198.18.0.11) for 1 in C(198.18.0.0/24)."""
    try:
        return str(ip_network(network)[FIRST_HOST + number])
    except (ValueError, IndexError) as error:
        raise AnsibleFilterError(
            f"host_address: no address for host {number} in the network {network}: {error}"
        ) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_address": host_address}
