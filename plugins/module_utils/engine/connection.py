# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plain HTTP over the engine's socket, by the standard library: it works before the SDK is there, and without it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from typing import Any

Get = Callable[[str], Any]

# A manager that has lost its quorum answers only after 20 seconds.
ANSWER_TIMEOUT_SECONDS = 40


class SocketConnection(http.client.HTTPConnection):
    """A connection to the engine by its socket; what moves nothing for ``timeout`` seconds fails."""

    def __init__(self, path: str, timeout: float = ANSWER_TIMEOUT_SECONDS) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def get_from_socket(path: str) -> Get:
    def get(url: str) -> Any:
        connection = SocketConnection(path)
        try:
            connection.request("GET", url)
            response = connection.getresponse()
            content = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise OSError(content.get("message", f"HTTP status {response.status}"))
        return content

    return get
