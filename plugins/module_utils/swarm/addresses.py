# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""At which of its addresses a host is reached by the other hosts, where nobody has said so."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .facts import DEFAULT_ROOT, data_path_address

# Of the network that documentation may name (RFC 5737): no packet is sent, the kernel only chooses an interface for it.
_SOMEWHERE = ("192.0.2.1", 9)


def relay_addresses(info: Mapping[str, Any]) -> dict[str, str]:
    """C(swarm): where the data of the swarm's overlays goes; C(route): the default route's interface. Empty if none."""
    swarm = info.get("Swarm") or {}
    data_path = data_path_address(Path(info.get("DockerRootDir") or DEFAULT_ROOT)) if swarm.get("NodeID") else ""
    return {"swarm": data_path or swarm.get("NodeAddr") or "", "route": _default_route_address()}


def _default_route_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        try:
            chosen.connect(_SOMEWHERE)
        except OSError:
            return ""
        return str(chosen.getsockname()[0])
