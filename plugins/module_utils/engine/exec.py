# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a command inside a container."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..base.errors import EngineError
from .client import CallError, EngineClient

_HEADER_BYTES = 8
_LARGEST_OUTPUT = 4 * 1024**2


def run_exec(socket_path: str, container: str, argv: Sequence[str], timeout: float) -> tuple[int | None, str]:
    """Return the exit code and at most 4 MiB of what was printed; raise EngineError where the engine cannot run it.

    The program is the container's own, and not trusted: it gets no more rights than the container has.
    """
    client = EngineClient(socket_path, timeout)
    wanted = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(argv)}
    try:
        created = client.call("POST", f"/containers/{quote(container, safe='')}/exec", wanted)
        url = f"/exec/{created['Id']}"
        output = client.read("POST", f"{url}/start", {"Detach": False, "Tty": False}, _LARGEST_OUTPUT)
        return client.get(f"{url}/json").get("ExitCode"), unframed(output).decode(errors="replace")
    except CallError as error:
        raise EngineError(str(error), status=error.status) from error
    except OSError as error:
        raise EngineError(f"The call to the engine did not come to its end: {error}") from error


def unframed(output: bytes) -> bytes:
    """Return both outputs in order, without the header of eight bytes before each piece, which ends with its length."""
    pieces = []
    while len(output) >= _HEADER_BYTES:
        length = int.from_bytes(output[4:_HEADER_BYTES], "big")
        pieces.append(output[_HEADER_BYTES : _HEADER_BYTES + length])
        output = output[_HEADER_BYTES + length :]
    return b"".join(pieces)
