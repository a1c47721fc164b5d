# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent on every host while images or directories are relayed. Commands and events are lines of JSON.

It ends when its input ends, for any reason: no agent outlives the run that started it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..base.agent import Emit, serve
from ..base.errors import ClusterError
from ..base.system_error import described
from .firewall import OpenPort
from .items import ItemRanges
from .listener import listener_on, ports_of, why_not_listening
from .rates import RateRecord, reported_links
from .server import ItemSource, RelayServer, SourceProvider
from .sink import Sink
from .tls import RunKeys, client_context, server_context
from .transfer import RelayTransfer
from .unfinished import UnfinishedItems

# As /proc/PID/comm shows it: at most 15 characters.
PROCESS_NAME = "distrain-relay"
_PROGRESS_SECONDS = 1.0


class Kind(Protocol):
    """What is relayed on this host, images or directories; made with the arguments of the run."""

    window_bytes: int  # what a host may be ahead of its sink and of the next host

    def observe(self) -> dict[str, Any]:
        """Return what this host has; change nothing."""

    def source(self, arguments: Mapping[str, Any]) -> ItemSource:
        """Return the source of the items; what takes long goes on in the background."""

    def sink(self, arguments: Mapping[str, Any]) -> Sink: ...

    def unfinished(self) -> UnfinishedItems | None:
        """Return where the beginning of an item outlives the run; None where that is not worth it."""

    def close(self) -> None:
        """Leave nothing half done behind; called in any case."""


MakeKind = Callable[[Mapping[str, Any], Emit], Kind]


class RelayAgent:
    """The commands: observe and questions of the kind's own; prepare; send or receive; meanwhile overtake, release."""

    def __init__(self, make_kind: MakeKind, emit: Emit) -> None:
        self._make_kind = make_kind
        self._emit = emit
        self._kind: Any = None
        self._server: RelayServer | None = None
        self._open_port: OpenPort | None = None
        self._transfer: RelayTransfer | None = None
        self._keys: RunKeys | None = None
        self._sent = 0

    def handle(self, command: Mapping[str, Any]) -> None:
        """Carry one command out; what goes wrong ends the agent."""
        try:
            self._handle(command["do"], command)
        except ClusterError as error:
            self._fail(error.message, error.details)
        except OSError as error:
            self._fail(f"This host cannot go on: {described(error)}", {})
        except Exception:
            self._fail(traceback.format_exc(), {})

    def close(self) -> None:
        if self._transfer:
            self._transfer.stop()
        if self._server:
            self._server.close()
        if self._open_port:
            self._open_port.close()
        if self._kind:
            self._kind.close()

    def _handle(self, verb: str, command: Mapping[str, Any]) -> None:
        if verb == "observe":
            self._kind = self._make_kind(command["arguments"], self._emit)
            known = {"rates": RateRecord().read(), "links": reported_links()}
            self._emit({"event": "observed", "found": {**self._kind.observe(), **known}})
        elif verb == "ask":
            answer = getattr(self._kind, command["question"])(command["arguments"])
            self._emit({"event": "answered", "found": answer})
        elif verb == "measured":
            self._emit({"event": "measured", "busy": self._server.watch.seconds() if self._server else {}})
        elif verb == "remember":
            RateRecord().keep(command["rates"])
            self._emit({"event": "remembered"})
        elif verb == "prepare":
            self._prepare(command)
        elif verb == "send" and self._server:
            self._server.serve(SourceProvider(self._kind.source(command["arguments"])))
        elif verb == "overtake" and self._transfer:
            self._transfer.overtake(command["host"])
        elif verb == "release" and self._transfer:
            self._transfer.release()
        elif verb == "receive" and self._server:
            self._receive(self._server, command)

    def _prepare(self, command: Mapping[str, Any]) -> None:
        """Listen on the one address where the other hosts expect this one."""
        self._keys = RunKeys(**command["keys"])
        address, ports = command["address"], ports_of(command["ports"])
        try:
            listener = listener_on(address, ports)
        except OSError as error:
            raise why_not_listening(command["host"], address, ports, error) from error
        self._server = RelayServer(listener, server_context(self._keys), self._count)
        self._open_port = OpenPort(self._server.port)
        self._open_port.open()
        self._emit({"event": "listening", "port": self._server.port})

    def _receive(self, server: RelayServer, command: Mapping[str, Any]) -> None:
        context = client_context(self._keys) if self._keys else None
        receives = ItemRanges.of_steps(command["receives"])
        command = {**command, "receives": receives, "keeps": ItemRanges.of_steps(command["keeps"])}
        if command["digests"] is None:
            command["digests"] = self._kind.digests(receives)
        sink = self._kind.sink(command["arguments"])
        transfer = RelayTransfer(command, sink, context, self._report, self._kind.unfinished(), self._kind.window_bytes)
        self._transfer = transfer
        server.serve(transfer.provider)
        transfer.start()
        while not transfer.wait(_PROGRESS_SECONDS):
            self._emit({"event": "progress", **transfer.figures(), "sent": self._sent})
        transfer.raise_failure()
        self._emit({"event": "done", **transfer.figures(), "sent": self._sent})

    def _fail(self, message: str, details: Mapping[str, Any]) -> None:
        """Report the failure and end; the hosts after this one receive from others."""
        came = self._transfer.figures() if self._transfer else {}
        self._emit({"event": "failed", "msg": message, "details": dict(details), **came})
        with contextlib.suppress(ClusterError):
            self.close()
        os._exit(1)

    def _report(self, text: str) -> None:
        self._emit({"event": "message", "text": text})

    def _count(self, sent: int) -> None:
        self._sent += sent


def serve_kind(make_kind: MakeKind) -> None:
    """Be the agent for one kind of item, until the input ends."""
    serve(functools.partial(RelayAgent, make_kind), PROCESS_NAME)
