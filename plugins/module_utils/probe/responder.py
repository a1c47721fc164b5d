# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The side that answers: sockets on given addresses, served until every peer has finished or its lifetime is over.

It answers only questions that are signed with the token of the run. It measures one stream at a time, so that no rate
is shared.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .message import DATAGRAM_LIMIT, decode, encode, family_of, read_line
from .targets import LISTENING, MEASURE, TAKEN, Endpoint

TYPES = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
BACKLOG = 256
MAXIMUM_CONNECTIONS = 256
SHOW_TOKEN_SECONDS = 3.0
# After the last peer has finished, for a peer whose answer was lost and that notifies again.
LINGER_SECONDS = 0.5
STREAM_CHUNK = 1 << 20
LONGEST_STREAM_SECONDS = 10.0
LONGEST_QUEUE_SECONDS = 30.0


@dataclass
class Listeners:
    """The sockets, and what M(distrain.cluster.network_listen) returns about them."""

    sockets: list[socket.socket] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


def listen(endpoints: Iterable[Endpoint], ports: Sequence[tuple[str, int]], keeper_port: int = 0) -> Listeners:
    """Bind the ports at the address of every endpoint, and one more of each protocol that the kernel chooses.

    So is that of keepers, where it is not 0.
    """
    listeners = Listeners()
    for one in endpoints:
        states = {}
        for protocol, port in ports:
            bound = _bind(one.address, protocol, port)
            states[f"{port}/{protocol}"] = _keep(listeners, bound)
        keeper = {str(keeper_port): _keep(listeners, _bind(one.address, "tcp", keeper_port))} if keeper_port else {}
        measure = {}
        for protocol in TYPES:
            bound = _bind(one.address, protocol, 0)
            _keep(listeners, bound)
            measure[protocol] = bound.getsockname()[1] if isinstance(bound, socket.socket) else None
        listeners.rows.append(
            {
                **{"network": one.network, "address": one.address, "mtu": one.mtu, "ports": states, MEASURE: measure},
                **({"keeper": keeper} if keeper else {}),
            }
        )
    return listeners


def _bind(address: str, protocol: str, port: int) -> socket.socket | str:
    """The socket, or why there is none."""
    endpoint = socket.socket(family_of(address), TYPES[protocol])
    try:
        if protocol == "tcp":
            # Only so that connections of a former run that still wait for their end do not count.
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        endpoint.bind((address, port))
        if protocol == "tcp":
            endpoint.listen(BACKLOG)
        endpoint.setblocking(False)
    except OSError as error:
        endpoint.close()
        return TAKEN if error.errno == errno.EADDRINUSE else f"unavailable: {error.strerror}"
    return endpoint


def _keep(listeners: Listeners, bound: socket.socket | str) -> str:
    if isinstance(bound, str):
        return bound
    listeners.sockets.append(bound)
    return LISTENING


class Responder:
    """Answers until the time is over or all ``peers`` have finished."""

    def __init__(self, token: str, host: str, peers: Iterable[str], lifetime: float) -> None:
        self._token = token
        self._host = host
        self._unfinished = set(peers)
        self._senders: set[str] = set()
        self._lifetime = lifetime
        self._one_stream = threading.Lock()
        self._connections = threading.BoundedSemaphore(MAXIMUM_CONNECTIONS)

    def serve(self, sockets: Sequence[socket.socket], clock: Callable[[], float] = time.monotonic) -> None:
        deadline = clock() + self._lifetime
        is_lingering = False
        with selectors.DefaultSelector() as selector:
            for one in sockets:
                selector.register(one, selectors.EVENT_READ)
            while clock() < deadline:
                for key, _events in selector.select(timeout=min(0.2, max(0.0, deadline - clock()))):
                    self._take(key.fileobj)  # type: ignore[arg-type]
                if not self._unfinished and not is_lingering:
                    is_lingering = True
                    deadline = min(deadline, clock() + LINGER_SECONDS)
        for one in sockets:
            one.close()

    def _take(self, endpoint: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if endpoint.type == socket.SOCK_DGRAM:
                data, sender = endpoint.recvfrom(DATAGRAM_LIMIT)
                answer = self._answer(data)
                if answer:
                    endpoint.sendto(answer, sender)
                return
            connection, _sender = endpoint.accept()
            if not self._connections.acquire(blocking=False):
                connection.close()
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _answer(self, data: bytes) -> bytes | None:
        received = time.time()
        request = decode(self._token, data)
        if request is None or "do" not in request:
            return None
        verb, sender = request["do"], str(request.get("from"))
        answer = {"host": self._host, "n": request.get("n"), "time": received, "size": len(data)}
        if verb == "received_from":
            answer["received_from"] = sorted(self._senders)
        elif verb == "finished":
            self._unfinished.discard(sender)
        else:
            self._senders.add(sender)
        return encode(self._token, answer)

    def _converse(self, connection: socket.socket) -> None:
        """One request on a connection, and the bytes that come with it if there are some."""
        try:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(SHOW_TOKEN_SECONDS)
                line = read_line(connection)
                answer = self._answer(line)
                if answer is None:
                    return
                request = decode(self._token, line) or {}
                if request["do"] == "stream":
                    self._receive_alone(connection, request, answer)
                elif request["do"] == "bulk":
                    self._receive(connection, answer, SHOW_TOKEN_SECONDS, int(request["bytes"]))
                else:
                    connection.sendall(answer + b"\n")
        finally:
            self._connections.release()

    def _receive_alone(self, connection: socket.socket, request: Mapping[str, Any], answer: bytes) -> None:
        if not self._one_stream.acquire(timeout=LONGEST_QUEUE_SECONDS):
            return
        try:
            seconds = min(float(request["seconds"]) + SHOW_TOKEN_SECONDS, LONGEST_STREAM_SECONDS)
            self._receive(connection, answer, seconds, int(request["bytes"]))
        finally:
            self._one_stream.release()

    def _receive(self, connection: socket.socket, go_ahead: bytes, seconds: float, limit: int) -> None:
        """Say that the stream may begin, count it to its end, and say how much came in which time."""
        connection.sendall(go_ahead + b"\n")
        buffer = bytearray(STREAM_CHUNK)
        total, first_count, first, last = 0, 0, 0.0, 0.0
        deadline = time.monotonic() + seconds
        while total < limit and time.monotonic() < deadline:
            count = connection.recv_into(buffer)
            if not count:
                break
            last = time.monotonic()
            first, first_count = (first, first_count) if total else (last, count)
            total += count
        # The clock starts when the first bytes are there, so they do not count for the rate.
        report = {"host": self._host, "bytes": total, "timed_bytes": total - first_count, "elapsed": last - first}
        connection.sendall(encode(self._token, report) + b"\n")
