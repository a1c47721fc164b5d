# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network of a running container as seen from inside: enter it, find its address there, ask its name server.

The standard library alone; the container itself needs no program for it and notices nothing.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import socket
import struct
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..base.errors import ClusterError
from ..engine.client import EngineClient
from .dns import address_in, question_for

NAME_SERVER = ("127.0.0.11", 53)
NAME_SERVER_SECONDS = 1.0
ANSWER_LIMIT = 4096
CLONE_NEWNET = 0x40000000
# The ioctls that read an interface's address and MTU, and the size of what they fill.
SIOCGIFADDR, SIOCGIFMTU = 0x8915, 0x8921
REQUEST_LENGTH = 40


def enter(container: str, network: str, docker_socket: str) -> tuple[str, int]:
    """Enter the network namespace of the container; its address in the network, and the MTU of the interface."""
    facts = _inspect(container, docker_socket)
    pid = int((facts.get("State") or {}).get("Pid") or 0)
    if not pid:
        raise ClusterError(f"Container {container} is not running, so its network cannot be measured. Start it.")
    networks = (facts.get("NetworkSettings") or {}).get("Networks") or {}
    address = (networks.get(network) or {}).get("IPAddress") or ""
    if not address:
        raise ClusterError(
            f"Container {container} has no address in the network {network}; it is in {', '.join(networks) or 'none'}."
        )
    with Path(f"/proc/{pid}/ns/net").open("rb") as namespace:
        _setns(namespace.fileno())
    return address, interface_mtu(address)


def resolve(name: str) -> str | None:
    """The IPv4 address of a name by the engine's name server of this container, or None."""
    number = secrets.randbelow(1 << 16)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
            endpoint.settimeout(NAME_SERVER_SECONDS)
            endpoint.connect(NAME_SERVER)
            endpoint.send(question_for(name, number))
            return address_in(endpoint.recv(ANSWER_LIMIT), number)
    except OSError:
        return None


def interface_mtu(address: str) -> int:
    """The MTU of the interface that has the IPv4 address, in bytes."""
    import fcntl  # noqa: PLC0415 (only where there are containers)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        for _index, name in socket.if_nameindex():
            request = name.encode().ljust(REQUEST_LENGTH, b"\0")
            try:
                answer = fcntl.ioctl(endpoint, SIOCGIFADDR, request)
            except OSError:
                continue  # An interface without an address.
            if socket.inet_ntoa(answer[20:24]) == address:
                return int(struct.unpack_from("i", fcntl.ioctl(endpoint, SIOCGIFMTU, request), 16)[0])
    raise ClusterError(f"No interface in the container has the address {address} that the engine says it has.")


def _inspect(container: str, docker_socket: str) -> dict[str, Any]:
    try:
        return EngineClient(docker_socket).get(f"/containers/{quote(container, safe='')}/json")
    except OSError as error:
        raise ClusterError(f"Container {container} cannot be inspected at {docker_socket}: {error}") from error


def _setns(descriptor: int) -> None:
    """This thread, and those that it starts, enter the namespace."""
    if hasattr(os, "setns"):
        os.setns(descriptor, CLONE_NEWNET)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
