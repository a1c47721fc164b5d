# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs on every host while images or directories are brought to it; the controller holds the other end of stdin.

One line of JSON is one command, one line of JSON is one answer. It ends when its input ends, however that came about:
no agent outlives the run that started it.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.image_relay import ImageKind
from ansible_collections.distrain.cluster.plugins.module_utils.relay_client import Peer, RelayClient
from ansible_collections.distrain.cluster.plugins.module_utils.relay_server import (
    HOLD_SECONDS,
    RelayServer,
    Source,
    SourceProvider,
    WindowProvider,
)
from ansible_collections.distrain.cluster.plugins.module_utils.relay_sink import Feeder, Sink
from ansible_collections.distrain.cluster.plugins.module_utils.relay_tls import RunKeys, client_context, server_context
from ansible_collections.distrain.cluster.plugins.module_utils.relay_window import Window

# As /proc/PID/comm shows it: at most 15 characters.
PROCESS_NAME = "distrain-relay"
_PR_SET_NAME = 15
_WINDOW_BYTES = 128 * 1024**2
_PROGRESS_SECONDS = 1.0


class Kind(Protocol):
    """What is relayed: images or directories."""

    def observe(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What this host has; changes nothing."""

    def source(self, arguments: Mapping[str, Any]) -> Source:
        """The items where they are whole; what takes long goes on in the background."""

    def sink(self, arguments: Mapping[str, Any]) -> Sink: ...


KINDS: dict[str, Callable[[], Kind]] = {"image": ImageKind}


class Agent:
    """The commands, in the order in which they come: observe, prepare, then send or receive."""

    def __init__(self, emit: Callable[[dict[str, Any]], None]) -> None:
        self._emit = emit
        self._kind: Kind | None = None
        self._server: RelayServer | None = None
        self._keys: RunKeys | None = None
        self._sent = 0

    def obey(self, command: Mapping[str, Any]) -> None:
        try:
            getattr(self, f"_{command['do']}")(command)
        except ClusterError as error:
            self._emit({"event": "failed", "msg": error.message, "details": error.details})
        except OSError as error:
            self._emit({"event": "failed", "msg": f"{command['do']} failed: {error}", "details": {}})

    def _observe(self, command: Mapping[str, Any]) -> None:
        self._kind = KINDS[command["kind"]]()
        self._emit({"event": "observed", "found": self._kind.observe(command["arguments"])})

    def _prepare(self, command: Mapping[str, Any]) -> None:
        """Listen on the one address where the other hosts expect this one."""
        self._keys = RunKeys(**command["keys"]) if command["keys"] else None
        try:
            context = server_context(self._keys) if self._keys else None
            self._server = RelayServer(command["address"], context, self._count)
        except OSError as error:
            raise ClusterError(f"Nothing can listen on {command['address']} of this host: {error.strerror}.") from error
        self._emit({"event": "listening", "port": self._server.port})

    def _send(self, command: Mapping[str, Any]) -> None:
        if self._kind and self._server:
            self._server.serve(SourceProvider(self._kind.source(command["arguments"])))

    def _receive(self, command: Mapping[str, Any]) -> None:
        if not (self._kind and self._server):
            return
        window = Window(command["receives"], _WINDOW_BYTES)
        if not command["is_last"]:
            window.hold(HOLD_SECONDS)
        reader = window.open(command["receives"][0], 0, forwards=False)
        self._server.serve(WindowProvider(window))
        client = RelayClient(
            [Peer(**peer) for peer in command["peers"]],
            client_context(self._keys) if self._keys else None,
            dict(zip(command["receives"], command["digests"], strict=True)),
            window,
            command["patience"],
            lambda text: self._emit({"event": "said", "text": text}),
        )
        feeder = Feeder(reader, self._kind.sink(command["arguments"]), command["keeps"])
        started = time.monotonic()
        work = [lambda: client.receive(command["receives"]), feeder.feed]
        threads = [threading.Thread(target=self._guarded, args=(one, window), daemon=True) for one in work]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            threads[-1].join(_PROGRESS_SECONDS)
            self._emit({"event": "progress", **self._figures(client, feeder, started)})
        self._emit({"event": "done", **self._figures(client, feeder, started)})

    def _figures(self, client: RelayClient, feeder: Feeder, started: float) -> dict[str, Any]:
        received = client.received
        return {
            "items": feeder.items,
            "bytes": received.bytes,
            "again": received.again,
            "from_hosts": dict(received.from_hosts),
            "refused": received.refused,
            "sent": self._sent,
            "seconds": round(time.monotonic() - started, 2),
        }

    def _guarded(self, work: Callable[[], None], window: Window) -> None:
        """An error of either half ends the agent: the hosts that come next go round it."""
        try:
            work()
        except ClusterError as error:
            self._fail(error.message, error.details)
        except Exception:
            self._fail(traceback.format_exc(), {})

    def _fail(self, message: str, details: Mapping[str, Any]) -> None:
        self._emit({"event": "failed", "msg": message, "details": dict(details)})
        os._exit(1)

    def _count(self, sent: int) -> None:
        self._sent += sent


def main() -> None:
    """Obey until the input ends; what was under way then is forgotten by the engine, because its request breaks."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, PROCESS_NAME.encode(), 0, 0, 0)
    lock = threading.Lock()

    def emit(event: dict[str, Any]) -> None:
        with lock:
            print(json.dumps(event), flush=True)

    agent = Agent(emit)
    for line in sys.stdin.buffer:
        threading.Thread(target=agent.obey, args=(json.loads(line),), daemon=True).start()
    os._exit(0)
