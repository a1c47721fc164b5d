# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From this host to all others at once: the ports first, then delay and path MTU, then one stream after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .questions import (
    OPEN,
    PATIENCE_SECONDS,
    Echo,
    Line,
    ask_connection,
    ask_datagram,
    fastest_echo,
    path_mtu,
    throughput,
)
from .targets import (
    MEASURE,
    TAKEN,
    Endpoint,
    Peer,
    Question,
    listener_of,
    peers_of,
    questions_for,
    stream_rounds,
)

MAXIMUM_THREADS = 256
NOTIFY_SECONDS = 0.6
RETRY_SECONDS = 1.0
PASSES_WITH_ANSWER = 2
# In a container a full window of data has to cross before a port counts as open.
BULK_BYTES = 65536


@dataclass(frozen=True)
class Settings:
    """How a host measures; ``bulk`` bytes cross each TCP port that is ours."""

    token: str
    host: str
    deadline: float
    settle_until: float
    throughput_seconds: float
    throughput_bytes: int
    bulk: int = 0


@dataclass
class Measured:
    """The measurements of one peer so far."""

    target: Peer
    line: Line | None
    questions: Sequence[Question]
    address: str | None
    resolved: str | None = None
    echoes: dict[str, Echo] = field(default_factory=dict)
    path_mtu: int | None = None
    fastest: Echo | None = None
    mbits: float | None = None
    passes: int = 0

    def open_port(self, protocol: str) -> int | None:
        """The first port of ours that answers for the target itself."""
        for one in self.questions:
            echo = self.echoes.get(one.label)
            if one.is_ours and one.protocol == protocol and echo and echo.host == self.target.endpoint.host:
                return one.port
        return None

    @property
    def is_complete(self) -> bool:
        is_named = not self.target.endpoint.name or self.resolved is not None
        is_full = self.path_mtu == (self.target.source.mtu or None)
        return is_named and is_full and bool(self.echoes) and not any(map(self.is_lacking, self.questions))

    def is_lacking(self, question: Question) -> bool:
        """Whether the port has not answered yet, and may."""
        echo = self.echoes.get(question.label)
        # A name may lead to another host only for as long as the network is new.
        is_other = bool(self.target.endpoint.name and echo and echo.host not in {None, self.target.endpoint.host})
        return echo is None or is_other or echo.outcome not in {OPEN, TAKEN}

    @property
    def may_settle(self) -> bool:
        """Whether asking again may help: a new network learns names and ways, but no packet sizes."""
        is_known = self.open_port("udp") is not None and (not self.target.endpoint.name or self.resolved is not None)
        return not self.is_complete and not (is_known and self.passes >= PASSES_WITH_ANSWER)

    def row(self) -> dict[str, Any]:
        answers = [echo.host for echo in self.echoes.values() if echo.host]
        own = self.target.endpoint.host
        fastest = self.fastest or Echo(OPEN)
        wrong = [name for name in answers if name != own]
        return {
            "source": self.target.source.host,
            "target": own,
            "network": self.target.source.network,
            "ports": {label: self._outcome(echo) for label, echo in self.echoes.items()},
            "answered_by": next(iter(wrong or answers), None),
            "address": self.address,
            "resolved": self.resolved,
            "mtu": self.target.source.mtu or None,
            "path_mtu": self.path_mtu,
            "rtt_ms": _rounded(fastest.rtt, 1e3, 3),
            "mbits": _rounded(self.mbits, 1, 1),
            "clock_offset_s": _rounded(fastest.clock_offset, 1, 3),
        }

    def _outcome(self, echo: Echo) -> str:
        is_wrong = echo.host is not None and echo.host != self.target.endpoint.host
        return f"other host {echo.host}" if is_wrong else echo.outcome


def measure(
    endpoints: Sequence[Endpoint],
    listeners: Mapping[str, Mapping[str, Any]],
    settings: Settings,
    resolve: Callable[[str], str | None],
) -> dict[str, Any]:
    """Return all that this host measures, and afterwards notify the others that it has finished."""
    found = [_begin(target, listeners, settings) for target in peers_of(endpoints, settings.host)]
    with ThreadPoolExecutor(MAXIMUM_THREADS) as pool:
        pending = list(found)
        while pending:
            _measure_once(pool, pending, settings, resolve)
            pending = [one for one in pending if one.may_settle]
            if time.monotonic() + RETRY_SECONDS + PATIENCE_SECONDS >= settings.settle_until:
                break
            if pending:
                time.sleep(RETRY_SECONDS)
        if settings.throughput_seconds > 0:
            _measure_streams(found, stream_rounds(endpoints, settings.host), settings)
        own = [_own_line(one, listeners, settings) for one in endpoints if one.host == settings.host]
        received_from = _received_from(own)
        notified = _notify_all(pool, found, own)
    return {"measurements": [one.row() for one in found], "received_from": received_from, "notified": sorted(notified)}


def _begin(target: Peer, listeners: Mapping[str, Mapping[str, Any]], settings: Settings) -> Measured:
    listener = listener_of(listeners, target.endpoint)
    address = target.endpoint.address or (listener or {}).get("address") or ""
    line = Line(settings.token, settings.host, target.source.address, address) if address else None
    return Measured(target, line, questions_for(listener), address or None)


def _measure_once(
    pool: ThreadPoolExecutor, found: Sequence[Measured], settings: Settings, resolve: Callable[[str], str | None]
) -> None:
    list(pool.map(lambda one: _resolve(one, settings, resolve), [one for one in found if one.target.endpoint.name]))
    asked = [(one, question) for one in found if one.line for question in one.questions if one.is_lacking(question)]
    for (one, question), echo in zip(
        asked, pool.map(lambda pair: _ask(pair[0], pair[1], settings), asked), strict=True
    ):
        one.echoes[question.label] = echo
    list(pool.map(lambda one: _measure_packets(one, settings), found))


def _resolve(one: Measured, settings: Settings, resolve: Callable[[str], str | None]) -> None:
    one.resolved = resolve(one.target.endpoint.name)
    if one.resolved and (one.line is None or one.line.target != one.resolved):
        one.echoes.clear()
        one.line = Line(settings.token, settings.host, one.target.source.address, one.resolved)


def _ask(one: Measured, question: Question, settings: Settings) -> Echo:
    patience = min(PATIENCE_SECONDS, settings.deadline - time.monotonic())
    if one.line is None or patience <= 0:
        return Echo("timeout")
    if question.protocol == "udp":
        return ask_datagram(one.line, question.port, patience=patience) if question.is_ours else Echo(TAKEN)
    return ask_connection(one.line, question.port, question.is_ours, settings.bulk, patience=patience)


def _measure_packets(one: Measured, settings: Settings) -> None:
    port = one.open_port("udp")
    if port is None or one.line is None or time.monotonic() >= settings.deadline:
        return
    one.passes += 1
    one.fastest = fastest_echo(one.line, port)
    if one.target.source.mtu:
        one.path_mtu = path_mtu(one.line, port, one.target.source.mtu, settings.deadline)


def _measure_streams(found: Iterable[Measured], rounds: Iterable[tuple[str, str]], settings: Settings) -> None:
    by_name = {(one.target.source.network, one.target.endpoint.host): one for one in found}
    for key in rounds:
        one = by_name[key]
        port = one.open_port("tcp")
        if port is not None and one.line is not None:
            one.mbits = throughput(
                one.line, port, settings.throughput_seconds, settings.throughput_bytes, settings.deadline
            )


def _own_line(
    own: Endpoint, listeners: Mapping[str, Mapping[str, Any]], settings: Settings
) -> tuple[Line, Sequence[tuple[str, int]]]:
    ports = (listener_of(listeners, own) or {}).get(MEASURE) or {}
    line = Line(settings.token, settings.host, own.address, own.address)
    return line, [(protocol, int(port)) for protocol, port in ports.items() if port]


def _received_from(own: Iterable[tuple[Line, Sequence[tuple[str, int]]]]) -> list[str] | None:
    """The hosts whose questions arrived at this host, whether or not the answers found their way back."""
    for line, ports in own:
        for protocol, port in ports:
            echo = _notify(line, protocol, port, "received_from")
            if echo.answer:
                return [str(name) for name in echo.answer["received_from"]]
    return None


def _notify_all(
    pool: ThreadPoolExecutor, found: Sequence[Measured], own: Iterable[tuple[Line, Sequence[tuple[str, int]]]]
) -> set[str]:
    """Notify every host by whatever port of it answers, this one last, and return the hosts that confirmed it."""
    ways: dict[str, list[tuple[Line, str, int]]] = {}
    for one in found:
        for protocol in ("udp", "tcp"):
            port = one.open_port(protocol)
            if port is not None and one.line is not None:
                ways.setdefault(one.target.endpoint.host, []).append((one.line, protocol, port))
    for line, ports in own:
        ways.setdefault(line.host, []).extend((line, protocol, port) for protocol, port in ports)
    reached = pool.map(lambda host: any(_notify(*way, "finished").outcome == OPEN for way in ways[host]), ways)
    return {host for host, is_reached in zip(ways, reached, strict=True) if is_reached}


def _notify(line: Line, protocol: str, port: int, verb: str) -> Echo:
    if protocol == "udp":
        return ask_datagram(line, port, verb, NOTIFY_SECONDS)
    return ask_connection(line, port, True, verb=verb, patience=NOTIFY_SECONDS)


def _rounded(value: float | None, factor: float, digits: int) -> float | None:
    return None if value is None else round(value * factor, digits)
