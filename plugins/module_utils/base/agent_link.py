# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a connection to an agent on a host, whatever the connection is."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

# An agent ends by itself after several times as long without input.
KEEPALIVE_SECONDS = 10.0

# What agents send, each with the name of its host.
Events = queue.SimpleQueue[tuple[str, dict[str, Any]]]


class AgentLink(Protocol):
    """An agent on a host, which ends with this object; what it sends goes into a queue of events."""

    def send(self, command: Mapping[str, Any]) -> None: ...

    def send_line(self, line: bytes) -> None: ...

    def keep_alive(self) -> None: ...

    @property
    def has_ended(self) -> bool: ...

    def close(self) -> None: ...


def close_all(agents: Iterable[AgentLink]) -> None:
    """End the agents at the same time, and wait for them."""
    closing = [threading.Thread(target=agent.close, daemon=True) for agent in agents]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join()


def encoded(command: Mapping[str, Any]) -> bytes:
    """Return the line that sends the command."""
    return json.dumps(command).encode() + b"\n"


def why_ended(host: str, code: int, stderr: str) -> str:
    """Return why the agent ended. ssh exits with 255 for its own errors, and where the program was killed."""
    if code == 255:
        why = "the SSH connection failed" if stderr else "it was killed, or the SSH connection was lost"
    else:
        why = f"exit code {code}"
    return f"The agent on host {host} has ended ({why}){f': {stderr}' if stderr else ''}".rstrip(".") + "."
