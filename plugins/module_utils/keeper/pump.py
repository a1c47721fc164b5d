# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes between a TLS connection and two pipes, in both directions, by one thread.

A TLS connection is used by one thread at a time: OpenSSL allows no more.
"""

from __future__ import annotations

import contextlib
import os
import select
import ssl

_CHUNK = 64 * 1024


def pump(connection: ssl.SSLSocket, source: int, sink: int) -> None:
    """Carry bytes from ``source`` to the connection and from there to ``sink``, until either side ends."""
    connection.setblocking(False)
    os.set_blocking(source, False)
    unsent = b""
    with contextlib.suppress(OSError, ValueError):
        while True:
            if not connection.pending():
                wanted: list[ssl.SSLSocket | int] = [connection] if unsent else [connection, source]
                select.select(wanted, [connection] if unsent else [], [])
            received = _received(connection)
            if received == b"":
                return
            if received:
                _write_all(sink, received)
            if not unsent:
                read = _read(source)
                if read == b"":
                    return
                unsent = read or b""
            if unsent:
                with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    unsent = unsent[connection.send(unsent) :]


def _received(connection: ssl.SSLSocket) -> bytes | None:
    """Return what has come, empty at the end of the connection, or None where nothing has come yet."""
    try:
        return connection.recv(_CHUNK)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None


def _read(source: int) -> bytes | None:
    try:
        return os.read(source, _CHUNK)
    except BlockingIOError:
        return None


def _write_all(sink: int, data: bytes) -> None:
    while data:
        data = data[os.write(sink, data) :]
