# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One question to one port: does it answer, how fast, how large a packet crosses, how many bits a second.

Every function ends by itself within the seconds it is given, and returns an outcome where others would raise.
"""

from __future__ import annotations

import errno
import secrets
import select
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .message import DATAGRAM_LIMIT, decode, encode, family_of, read_line

OPEN, REFUSED, TIMEOUT, UNREACHABLE = "open", "refused", "timeout", "unreachable"
# After so many seconds a datagram is said again; the last wait fills the patience.
REPEAT_SECONDS = (0.2, 0.4, 0.6)
PATIENCE_SECONDS = 2.0
ECHOES = 4
SIZE_WAIT_SECONDS = 0.25
SIZES_AT_ONCE = 8
SMALLEST_MTU = 576
STREAM_CHUNK = bytes(1 << 20)
# Names that the standard library has not had for long, by their numbers in the kernel's headers.
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PMTUDISC_PROBE = 10, 23, 3
HEADER_BYTES = {socket.AF_INET: 20 + 8, socket.AF_INET6: 40 + 8}


@dataclass(frozen=True)
class Line:
    """From an address of this host to an address of another one; ``host`` is the name of the one that asks."""

    token: str
    host: str
    source: str
    target: str

    def datagram_socket(self, port: int) -> socket.socket:
        family = family_of(self.target)
        endpoint = socket.socket(family, socket.SOCK_DGRAM)
        try:
            endpoint.bind((self.source, 0))
            if family == socket.AF_INET6:
                endpoint.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE)
            else:
                endpoint.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE)
            endpoint.connect((self.target, port))
        except OSError:
            endpoint.close()
            raise
        return endpoint

    def connection(self, port: int, timeout: float) -> socket.socket:
        endpoint = socket.socket(family_of(self.target), socket.SOCK_STREAM)
        try:
            endpoint.settimeout(timeout)
            endpoint.bind((self.source, 0))
            endpoint.connect((self.target, port))
        except OSError:
            endpoint.close()
            raise
        return endpoint

    def message(self, verb: str, size: int = 0, **more: Any) -> tuple[str, bytes]:
        nonce = secrets.token_hex(4)
        return nonce, encode(self.token, {"do": verb, "from": self.host, "n": nonce, **more}, size)


@dataclass(frozen=True)
class Echo:
    """An answer: the host that answered, and the time by its clock."""

    outcome: str
    host: str | None = None
    rtt: float | None = None
    clock_offset: float | None = None
    answer: Mapping[str, Any] | None = None


def ask_datagram(line: Line, port: int, verb: str = "echo", patience: float = PATIENCE_SECONDS) -> Echo:
    """Ask until an answer comes or the patience is over."""
    deadline = time.monotonic() + patience
    outcome = TIMEOUT
    try:
        with line.datagram_socket(port) as endpoint:
            for wait in (*REPEAT_SECONDS, patience):
                echo = _echo(line, endpoint, verb, min(wait, deadline - time.monotonic()))
                if echo.outcome == OPEN:
                    return echo
                outcome = echo.outcome if echo.outcome != TIMEOUT else outcome
                if time.monotonic() >= deadline:
                    break
    except OSError as error:
        outcome = _outcome(error)
    return Echo(outcome)


def fastest_echo(line: Line, port: int) -> Echo | None:
    """Of a few echoes the one that the network and the two hosts delayed least."""
    try:
        with line.datagram_socket(port) as endpoint:
            echoes = [_echo(line, endpoint, "echo", PATIENCE_SECONDS / ECHOES) for _number in range(ECHOES)]
    except OSError:
        return None
    answered = [one for one in echoes if one.rtt is not None]
    return min(answered, key=lambda one: one.rtt or 0.0, default=None)


def _echo(line: Line, endpoint: socket.socket, verb: str, wait: float) -> Echo:
    nonce, message = line.message(verb)
    before, sent = time.time(), time.monotonic()
    try:
        endpoint.send(message)
        while (remaining := sent + wait - time.monotonic()) > 0:
            if not select.select([endpoint], [], [], remaining)[0]:
                break
            answer = decode(line.token, endpoint.recv(DATAGRAM_LIMIT))
            if answer and answer.get("n") == nonce:
                rtt = time.monotonic() - sent
                return Echo(OPEN, str(answer["host"]), rtt, float(answer["time"]) - (before + rtt / 2), answer)
    except OSError as error:
        # A refusal may come before the other side is awake: the time that is left passes, then it is asked again.
        time.sleep(max(0.0, min(0.1, sent + wait - time.monotonic())))
        return Echo(_outcome(error))
    return Echo(TIMEOUT)


def ask_connection(
    line: Line, port: int, is_ours: bool, bulk: int = 0, verb: str = "echo", patience: float = PATIENCE_SECONDS
) -> Echo:
    """Connect, and where the port is ours, read which host answers; ``bulk`` bytes then cross the connection too."""
    try:
        with line.connection(port, patience) as endpoint:
            if not is_ours:
                return Echo(OPEN)
            nonce, message = line.message("bulk", bytes=bulk) if bulk else line.message(verb)
            endpoint.sendall(message + b"\n")
            answer = decode(line.token, read_line(endpoint))
            if not answer or answer.get("n") != nonce:
                return Echo(TIMEOUT)
            if bulk:
                endpoint.sendall(STREAM_CHUNK[:bulk])
                report = decode(line.token, read_line(endpoint))
                if not report or report.get("bytes") != bulk:
                    return Echo(TIMEOUT, str(answer["host"]))
            return Echo(OPEN, str(answer["host"]), answer=answer)
    except OSError as error:
        return Echo(_outcome(error))


def path_mtu(line: Line, port: int, mtu: int, deadline: float) -> int | None:
    """The largest IP packet that crosses undivided, in bytes; the interface's own MTU is tried first."""
    try:
        with line.datagram_socket(port) as endpoint:
            header = HEADER_BYTES[endpoint.family]
            if any(_largest(line, endpoint, [mtu - header], deadline) for _try in range(3)):
                return mtu
            low = _largest(line, endpoint, [SMALLEST_MTU - header], deadline)
            low, high = (low or 0) + header, (mtu if low else SMALLEST_MTU)
            while high - low > 1 and time.monotonic() < deadline:
                low, high = _narrow(line, endpoint, low, high, deadline)
            return low if low > header else None
    except OSError:
        return None


def _narrow(line: Line, endpoint: socket.socket, low: int, high: int, deadline: float) -> tuple[int, int]:
    """``low`` crosses and ``high`` does not: the nearest neighbours of a few sizes between them."""
    header = HEADER_BYTES[endpoint.family]
    count = min(SIZES_AT_ONCE, high - low - 1)
    sizes = sorted({low + (high - low) * step // (count + 1) for step in range(1, count + 1)})
    crossed = max((_largest(line, endpoint, [size - header for size in sizes], deadline) or 0) for _try in range(2))
    if not crossed:
        return low, sizes[0]
    crossed += header
    return crossed, next((size for size in sizes if size > crossed), high)


def _largest(line: Line, endpoint: socket.socket, payloads: Sequence[int], deadline: float) -> int | None:
    """The largest of these payloads that the other side says it received, all sent at once."""
    wanted: dict[str, int] = {}
    for size in payloads:
        nonce, message = line.message("echo", size)
        if len(message) > size:
            continue
        if _send_undivided(endpoint, message):
            wanted[nonce] = size
    largest: int | None = None
    until = min(deadline, time.monotonic() + SIZE_WAIT_SECONDS)
    while wanted and (remaining := until - time.monotonic()) > 0:
        if not select.select([endpoint], [], [], remaining)[0]:
            break
        answer = _receive(line, endpoint)
        size = wanted.pop(str(answer.get("n")), 0)
        if size and answer.get("size") == size:
            largest = max(largest or 0, size)
    return largest


def _send_undivided(endpoint: socket.socket, message: bytes) -> bool:
    """Whether the interface takes it; the first refusal may be a router's word about a message before."""
    for _try in range(2):
        try:
            endpoint.send(message)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
        else:
            return True
    return False


def _receive(line: Line, endpoint: socket.socket) -> Mapping[str, Any]:
    try:
        return decode(line.token, endpoint.recv(DATAGRAM_LIMIT)) or {}
    except OSError:
        return {}  # A router that says what does not fit; what does is still to come.


def throughput(line: Line, port: int, seconds: float, limit: int, deadline: float) -> float | None:
    """Mbit/s of one TCP stream, by what the other side received; None where none crossed."""
    patience = deadline - time.monotonic()
    if patience <= 0:
        return None
    try:
        with line.connection(port, min(PATIENCE_SECONDS, patience)) as endpoint:
            # The other side may serve another stream first.
            endpoint.settimeout(patience)
            _nonce, message = line.message("stream", seconds=seconds, bytes=limit)
            endpoint.sendall(message + b"\n")
            if decode(line.token, read_line(endpoint)) is None:
                return None
            _send(endpoint, seconds, limit)
            endpoint.shutdown(socket.SHUT_WR)
            endpoint.settimeout(seconds + PATIENCE_SECONDS)
            report = decode(line.token, read_line(endpoint))
    except OSError:
        return None
    if not report or not report.get("elapsed"):
        return None
    return report["timed_bytes"] * 8 / report["elapsed"] / 1e6


def _send(endpoint: socket.socket, seconds: float, limit: int) -> None:
    endpoint.settimeout(seconds + PATIENCE_SECONDS)
    until = time.monotonic() + seconds
    left = limit
    while left > 0 and time.monotonic() < until:
        left -= endpoint.send(STREAM_CHUNK[: min(left, len(STREAM_CHUNK))])


def _outcome(error: OSError) -> str:
    if error.errno in {errno.ECONNREFUSED, errno.EPERM, errno.ECONNRESET, errno.EACCES}:
        return REFUSED
    if error.errno in {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENODEV}:
        return UNREACHABLE
    return TIMEOUT
