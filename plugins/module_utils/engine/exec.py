# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a command inside a container by the engine's socket and the standard library alone."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ..base.errors import EngineError
from .connection import SocketConnection

_HEADER_BYTES = 8
_JSON = {"Content-Type": "application/json"}
_LARGEST_OUTPUT = 4 * 1024**2


def run_exec(socket_path: str, container: str, argv: Sequence[str], timeout: float) -> tuple[int | None, str]:
    """The exit code and at most 4 MiB of what was printed.

    The program is the container's own, and not trusted: it gets no more rights than the container has.
    """
    wanted = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(argv)}
    created = json.loads(_call(socket_path, "POST", f"/containers/{quote(container, safe='')}/exec", wanted, timeout))
    url = f"/exec/{created['Id']}"
    output = _call(socket_path, "POST", f"{url}/start", {"Detach": False, "Tty": False}, timeout)
    code = json.loads(_call(socket_path, "GET", f"{url}/json", None, timeout)).get("ExitCode")
    return code, unframed(output).decode(errors="replace")


def unframed(output: bytes) -> bytes:
    """Both outputs as they came; the engine puts eight bytes before each piece, the last four are its length."""
    pieces = []
    while len(output) >= _HEADER_BYTES:
        length = int.from_bytes(output[4:_HEADER_BYTES], "big")
        pieces.append(output[_HEADER_BYTES : _HEADER_BYTES + length])
        output = output[_HEADER_BYTES + length :]
    return b"".join(pieces)


def _call(socket_path: str, method: str, url: str, body: Any, timeout: float) -> bytes:
    connection = SocketConnection(socket_path, timeout)
    try:
        connection.request(method, url, json.dumps(body) if body else None, _JSON if body else {})
        response = connection.getresponse()
        content = response.read(_LARGEST_OUTPUT)
        if response.status >= http.client.BAD_REQUEST:
            raise EngineError(content.decode(errors="replace").strip(), status=response.status)
        return content
    except (OSError, http.client.HTTPException) as error:
        raise EngineError(f"The call to the engine did not come to its end ({method} {url}): {error}") from error
    finally:
        connection.close()
