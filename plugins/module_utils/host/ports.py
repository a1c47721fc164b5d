# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""At which TCP ports the host listens, and which processes hold ports, from the kernel's own tables."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from string import hexdigits

LISTEN = "0A"
# The column of the state.
STATE = 3
_INODE = 9


def parse_listening_ports(lines: Iterable[str]) -> frozenset[int]:
    """The local ports of the sockets that listen, from the lines of C(/proc/net/tcp) below its heading."""
    rows = [line.split() for line in lines]
    listening = [row[1].rpartition(":")[2] for row in rows if len(row) > STATE and row[STATE] == LISTEN]
    return frozenset(int(port, 16) for port in listening if port and all(one in hexdigits for one in port))


def listening_ports(directory: Path = Path("/proc/net")) -> frozenset[int]:
    tables = [directory / name for name in ("tcp", "tcp6")]
    ports = [parse_listening_ports(table.read_text().splitlines()[1:]) for table in tables if table.exists()]
    return frozenset().union(*ports)


def parse_socket_inodes(lines: Iterable[str], ports: Collection[int]) -> dict[int, str]:
    """The inode of a socket at each of these local ports, one that listens first, from lines as above."""
    rows = [line.split() for line in lines]
    rows = [row for row in rows if len(row) > _INODE and row[_INODE].isdigit()]
    found: dict[int, str] = {}
    for row in sorted(rows, key=lambda row: row[STATE] != LISTEN):
        port = row[1].rpartition(":")[2]
        if all(one in hexdigits for one in port) and int(port or "0", 16) in ports:
            found.setdefault(int(port, 16), row[_INODE])
    return found


def port_holders(ports: Collection[int], root: Path = Path("/proc")) -> dict[int, str]:
    """Return what holds each of these TCP ports, as C(NAME (process PID)), as far as its process is seen."""
    inodes: dict[int, str] = {}
    for table in (root / "net/tcp", root / "net/tcp6"):
        if table.exists():
            inodes = {**parse_socket_inodes(table.read_text().splitlines()[1:], ports), **inodes}
    names = dict(_sockets_of_processes(root)) if inodes else {}
    return {port: names[inode] for port, inode in inodes.items() if inode in names}


def _sockets_of_processes(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the inode of each socket with the process that has it open."""
    for process in root.iterdir():
        # A process may end meanwhile, and those of others are seen by root alone.
        with contextlib.suppress(OSError):
            if process.name.isdigit():
                name = f"{(process / 'comm').read_text().strip()} (process {process.name})"
                for descriptor in (process / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        target = str(descriptor.readlink())
                        if target.startswith("socket:["):
                            yield target[len("socket:[") : -1], name
