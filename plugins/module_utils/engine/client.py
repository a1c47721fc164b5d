# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small client of the Docker Engine API over its UNIX socket.

It uses the standard library alone, and nothing else of the collection: the role swarm installs this file beside the
programs of its services.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from typing import Any

Get = Callable[[str], Any]

# A manager that has lost its quorum answers only after 20 seconds.
ANSWER_TIMEOUT_SECONDS = 40
LARGEST_ANSWER = 16 * 1024**2


class CallError(OSError):
    """A call that the engine refused, or answered with what is no JSON; ``status`` is the HTTP status, if any."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class EngineConnection(http.client.HTTPConnection):
    """A connection to the engine's socket; what transfers nothing for ``timeout`` seconds fails."""

    def __init__(self, path: str, timeout: float = ANSWER_TIMEOUT_SECONDS) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class EngineClient:
    """The engine at one socket, over a new connection for each call. Every failure is an OSError."""

    def __init__(self, path: str, timeout: float = ANSWER_TIMEOUT_SECONDS) -> None:
        self.path = path
        self.timeout = timeout

    def get(self, url: str) -> Any:
        return self.call("GET", url)

    def call(self, method: str, url: str, body: Any = None) -> Any:
        """Return the decoded JSON of the answer, or None where it is empty."""
        content = self.read(method, url, body)
        try:
            return json.loads(content) if content.strip() else None
        except (ValueError, RecursionError) as error:
            raise CallError(f"the answer is no JSON: {error}") from error

    def read(self, method: str, url: str, body: Any = None, limit: int | None = None) -> bytes:
        """Return the answer as it is, at most ``limit`` bytes of it; ``body`` is sent as JSON."""
        connection = EngineConnection(self.path, self.timeout)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, url, sent, {} if sent is None else {"Content-Type": "application/json"})
            response = connection.getresponse()
            raise_for_status(response)
            return response.read(limit)
        except http.client.HTTPException as error:
            raise CallError(str(error) or type(error).__name__) from error
        finally:
            connection.close()


def raise_for_status(response: http.client.HTTPResponse) -> None:
    """Raise CallError with the engine's message where the status says that the call failed."""
    if response.status < http.client.BAD_REQUEST:
        return
    body = response.read(LARGEST_ANSWER)
    try:
        message = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        message = body.decode(errors="replace").strip() or f"HTTP status {response.status}"
    raise CallError(message, response.status)
