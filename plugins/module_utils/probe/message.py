# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The messages of the probes: a signature and a line of JSON, in a datagram or on a TCP connection.

The signature is made with the token of the run, which itself never crosses the network.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Mapping
from typing import Any

SIGNATURE_LENGTH = 32
LINE_LIMIT = 65536
DATAGRAM_LIMIT = 65535
PADDING = b" "


def encode(token: str, body: Mapping[str, Any], size: int = 0) -> bytes:
    """The signed message, filled up to ``size`` bytes."""
    text = json.dumps(body, separators=(",", ":")).encode()
    return (_signature(token, text) + text).ljust(size, PADDING)


def decode(token: str, data: bytes) -> dict[str, Any] | None:
    """The body of a message that was signed with the token, else None."""
    data = data.rstrip()
    signature, text = data[:SIGNATURE_LENGTH], data[SIGNATURE_LENGTH:]
    if not hmac.compare_digest(signature, _signature(token, text)):
        return None
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def read_line(connection: socket.socket) -> bytes:
    """The first line that comes; less than a line where the other side ends before."""
    received = b""
    while not received.endswith(b"\n") and len(received) < LINE_LIMIT:
        part = connection.recv(LINE_LIMIT)
        if not part:
            break
        received += part
    return received


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET


def _signature(token: str, text: bytes) -> bytes:
    return hmac.new(token.encode(), text, hashlib.sha256).hexdigest()[:SIGNATURE_LENGTH].encode()
