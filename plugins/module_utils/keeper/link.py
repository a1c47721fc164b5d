# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keeper's end of its connection to the agent of a host."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..base.agent_link import Events, encoded
from ..relay.tls import RunKeys, client_context
from .pump import pump
from .turn import REFUSED, Turn, greeting_of

_ONLY = Turn()
CONNECT_SECONDS = 10.0
# The longest message of an agent. What a container has written is a part of it, and bounded by the agent.
_MOST_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Address:
    """Where a host listens for the keeper, and the name in its certificate."""

    address: str
    port: int
    identity: str


class TlsLink:
    """An agent on a host. It ends with this connection, and so with this process."""

    def __init__(
        self,
        host: str,
        address: Address,
        keys: RunKeys,
        program: str,
        events: Events,
        turn: Turn = _ONLY,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        """``program`` is what the host runs, such as C(job); it decides which ones there are.

        ``refused`` is called where the host has served a newer turn than this one.
        """
        self._host = host
        self._events = events
        self._refused = refused
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._outgoing.put(encoded(greeting_of(program, turn)))
        threading.Thread(target=self._run, args=(address, keys), daemon=True).start()

    def send(self, command: Mapping[str, Any]) -> None:
        """Send a command, without waiting."""
        self._outgoing.put(encoded(command))

    def send_line(self, line: bytes) -> None:
        """Send a line that is a command already."""
        self._outgoing.put(line)

    def keep_alive(self) -> None:
        """Send a keepalive, which is an empty line."""
        self._outgoing.put(b"\n")

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    def close(self) -> None:
        """End the agent, and wait for the end of the connection for a bounded time."""
        self._outgoing.put(None)
        self._ended.wait(CONNECT_SECONDS)

    def _run(self, address: Address, keys: RunKeys) -> None:
        code, said = 0, ""
        try:
            self._connect_and_carry(address, keys)
        except ssl.SSLError as error:
            code, said = 255, f"the TLS connection to {address.address} was refused ({error.reason or error})"
        except OSError as error:
            code, said = 255, f"{address.address} port {address.port}: {error.strerror or error}"
        finally:
            self._ended.set()
            self._events.put((self._host, {"event": "ended", "code": code, "stderr": said}))

    def _connect_and_carry(self, address: Address, keys: RunKeys) -> None:
        plain = socket.create_connection((address.address, address.port), CONNECT_SECONDS)
        with plain, client_context(keys).wrap_socket(plain, server_hostname=address.identity) as connection:
            own_source, source = os.pipe()
            sink, own_sink = os.pipe()
            writer = threading.Thread(target=self._write, args=(source,), daemon=True)
            reader = threading.Thread(target=self._read, args=(sink,), daemon=True)
            writer.start()
            reader.start()
            try:
                pump(connection, own_source, own_sink)
            finally:
                os.close(own_source)
                os.close(own_sink)
                self._outgoing.put(None)
                reader.join(CONNECT_SECONDS)

    def _write(self, source: int) -> None:
        with contextlib.suppress(OSError), os.fdopen(source, "wb", buffering=0) as stream:
            while (data := self._outgoing.get()) is not None:
                stream.write(data)

    def _read(self, sink: int) -> None:
        with os.fdopen(sink, "rb") as stream:
            while line := stream.readline(_MOST_BYTES):
                if not line.endswith(b"\n"):
                    return
                with contextlib.suppress(ValueError, RecursionError):
                    found = json.loads(line)
                    if not isinstance(found, dict) or not isinstance(found.get("event"), str):
                        continue
                    if found["event"] == REFUSED:
                        self._refused()
                    else:
                        self._events.put((self._host, found))
