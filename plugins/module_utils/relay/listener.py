# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The socket at which a host listens for the hosts that come next, at the first free port of a range."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping

from ..base.errors import ClusterError
from ..base.port_range import written_port_range
from ..host.ports import port_holders

_BACKLOG = 128
# As many as can be read in one message.
_NAMED = 5
# Any port, which the kernel chooses.
_ANY = range(1)


def listener_on(address: str, ports: range = _ANY) -> socket.socket:
    """Return a socket that listens at the first free one of these ports; raise OSError, EADDRINUSE where none is."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in ports:
        try:
            return socket.create_server((address, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port == ports[-1]:
                raise
    raise ValueError("there is no port in the range")


def why_not_listening(host: str, address: str, ports: range, error: OSError) -> ClusterError:
    """Return why nothing can listen there, with what holds the ports where they are all taken."""
    if error.errno != errno.EADDRINUSE or not ports or ports == _ANY:
        return ClusterError(f"Nothing can listen on {address} of {host}: {error.strerror}.")
    holders = port_holders(ports)
    held = [f"{port} by {holders.get(port, 'a process that cannot be seen')}" for port in ports]
    more = f", and {len(held) - _NAMED} more" if len(held) > _NAMED else ""
    return ClusterError(
        f"No port of {written_port_range(ports)} is free at {address} of {host}. Held are {', '.join(held[:_NAMED])}"
        f"{more}. End what holds them, or give ports (swarm_transfer_ports) a range with as many free ports as "
        "transfers run at the same time."
    )


def describe_ports(ports: range) -> Mapping[str, int] | None:
    """Return the range as it travels to an agent; None where the kernel chooses."""
    return {"first": ports[0], "last": ports[-1]} if ports else None


def ports_of(described: Mapping[str, int] | None) -> range:
    """Return the range that C(describe_ports) has described."""
    return range(described["first"], described["last"] + 1) if described else _ANY
