# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a host listens for the keepers of its jobs.

Whoever connects names a job of this host (by SNI) and shows a certificate of that job's authority which may act as a
client: only a keeper has one. What it can ask for are the programs in C(PROGRAMS), for that one job, and of several
keepers only the newest gets them.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import cast

from ..base.errors import ClusterError
from ..relay.listener import listener_on
from ..relay.tls import RunKeys, server_context
from .fence import Fence
from .place import BASE, Place, places, read_json, token_of
from .pump import pump
from .turn import REFUSED, greeting_in

# What a keeper may start on a host.
JOB, TREE, COPY = "job", "tree", "copy"
PROGRAMS = (JOB, TREE, COPY)
_HANDSHAKE_SECONDS = 10.0
_END_SECONDS = 10.0
_MOST_CONNECTIONS = 64
_MOST_FIRST_BYTES = 1024

# Returns the command that runs a program for the job with this place.
CommandOf = Callable[[str, Place], Sequence[str]]


class Listener:
    """Listens at one address and port, from its making until C(close)."""

    def __init__(
        self, address: str, port: int, command_of: CommandOf, base: str = BASE, fence: Fence | None = None
    ) -> None:
        """Raise OSError where nothing can listen there."""
        self._command_of = command_of
        self._base = base
        self._fence = fence or Fence()
        self._free = threading.Semaphore(_MOST_CONNECTIONS)
        self._socket = listener_on(address, range(port, port + 1))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return cast("int", self._socket.getsockname()[1])

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                plain, _address = self._socket.accept()
            except OSError:
                return
            if self._free.acquire(blocking=False):
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()
            else:
                plain.close()

    def _choose(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        """Take the keys of the job that the name in the greeting stands for; refuse a name of no job."""
        place = self._place(name or "")
        try:
            keys = RunKeys(**read_json(place.host)["keys"]) if place else None
            if keys is None:
                return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
            connection.context = server_context(keys)
        except (ClusterError, LookupError, TypeError, OSError):
            return int(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)
        return None

    def _place(self, name: str) -> Place | None:
        token = token_of(name)
        return next((one for one in places(self._base) if token and one.token == token), None)

    def _serve(self, plain: socket.socket) -> None:
        try:
            plain.settimeout(_HANDSHAKE_SECONDS)
            with plain, contextlib.suppress(OSError, ValueError, ClusterError):
                names: list[str] = []
                context = self._context_noting(names)
                with context.wrap_socket(plain, server_side=True) as connection:
                    place = self._place(names[0])
                    program, turn = greeting_in(_first_line(connection))
                    if place and program in PROGRAMS:
                        with self._fence.admitted(place, turn, connection) as is_admitted:
                            if is_admitted:
                                self._run(connection, program, place)
                            else:
                                connection.sendall(json.dumps({"event": REFUSED}).encode() + b"\n")
        finally:
            self._free.release()

    def _context_noting(self, names: list[str]) -> ssl.SSLContext:
        """Return a context like that of the listener, which also appends the name that was asked for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.num_tickets = 0

        def choose(connection: ssl.SSLObject, name: str | None, own: ssl.SSLContext) -> int | None:
            names.append(name or "")
            return self._choose(connection, name, own)

        context.sni_callback = choose
        return context

    def _run(self, connection: ssl.SSLSocket, program: str, place: Place) -> None:
        """Run the program with the connection as its input and output; it ends with the connection."""
        argv = list(self._command_of(program, place))
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            stdin, stdout = process.stdin, process.stdout
            try:
                if stdin and stdout:
                    pump(connection, stdout.fileno(), stdin.fileno())
            finally:
                with contextlib.suppress(OSError):
                    if stdin:
                        stdin.close()
                try:
                    process.wait(_END_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _first_line(connection: ssl.SSLSocket) -> bytes:
    """Return the first line, byte by byte: what comes behind it belongs to the program."""
    line = b""
    while len(line) < _MOST_FIRST_BYTES and not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            break
        line += byte
    return line
