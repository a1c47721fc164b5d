# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ports that a swarm needs between its nodes."""

from __future__ import annotations

from ..base.errors import PlanError
from .settings import DATA_PATH_PORT as DATA_PATH_PORT_SETTING

# What a swarm needs between its nodes besides the port of its data path, which is chosen when it is made.
CONTROL_PORTS = (("tcp", 2377), ("tcp", 7946), ("udp", 7946))
DATA_PATH_PORT = 4789
SWARM_PORTS = (*CONTROL_PORTS, ("udp", DATA_PATH_PORT))
# What an engine takes as that port.
DATA_PATH_PORTS = range(1024, 49152)


def swarm_ports(data_path_port: int) -> tuple[tuple[str, int], ...]:
    """The ports to ask, or PlanError where a swarm cannot have this one for its data path."""
    gossip = [port for protocol, port in CONTROL_PORTS if protocol == "udp"]
    if data_path_port not in DATA_PATH_PORTS or data_path_port in gossip:
        raise PlanError(
            f"{DATA_PATH_PORT_SETTING}: found {data_path_port}, wanted a port from {DATA_PATH_PORTS[0]} to "
            f"{DATA_PATH_PORTS[-1]} but {gossip[0]}, which the nodes need for themselves."
        )
    return (*CONTROL_PORTS, ("udp", data_path_port))
