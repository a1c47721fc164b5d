# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""At which TCP ports the host listens, from the kernel's own tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from string import hexdigits

LISTEN = "0A"
# The column of the state.
STATE = 3


def parse_listening_ports(lines: Iterable[str]) -> frozenset[int]:
    """The local ports of the sockets that listen, from the lines of C(/proc/net/tcp) below its heading."""
    rows = [line.split() for line in lines]
    listening = [row[1].rpartition(":")[2] for row in rows if len(row) > STATE and row[STATE] == LISTEN]
    return frozenset(int(port, 16) for port in listening if port and all(one in hexdigits for one in port))


def listening_ports(directory: Path = Path("/proc/net")) -> frozenset[int]:
    tables = [directory / name for name in ("tcp", "tcp6")]
    ports = [parse_listening_ports(table.read_text().splitlines()[1:]) for table in tables if table.exists()]
    return frozenset().union(*ports)
