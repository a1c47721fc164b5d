# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One relay over the agents of a fleet: keys, ports and places in the chain, then events until all have ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.errors import ClusterError
from ..relay.items import ItemRanges
from ..relay.listener import describe_ports
from .brake import MEASURED_SECONDS, Sample, find_overtaking
from .chain import Link
from .fleet import Fleet
from .keys import RelayKeys
from .progress import RelayProgress

_EVENT_SECONDS = 1.0


class RelayRun:
    """``digests`` are those of all items, None where each host knows them already.

    ``patience`` is after how many seconds without data a host fails, ``ports`` where hosts may listen, empty for any.
    ``keys`` authenticate them to each other.
    """

    def __init__(
        self,
        fleet: Fleet,
        source: str,
        addresses: Mapping[str, str],
        patience: int,
        ports: range,
        keys: RelayKeys,
        digests: Sequence[str] | None,
        progress: RelayProgress,
        show: Callable[[str], None],
    ) -> None:
        self._fleet = fleet
        self._source = source
        self._addresses = addresses
        self._patience = patience
        self._ports = ports
        self._digests = digests
        self.progress = progress
        self._show = show
        self._keys = keys
        self._identities = {host: keys.identity(host, number) for number, host in enumerate(addresses)}
        self._received: dict[str, dict[str, Any]] = {}
        self._chains: list[list[str]] = []
        self._samples: dict[str, Sample] = {}
        self._before: dict[str, Sample] = {}

    def carry(
        self,
        chains: Sequence[Sequence[Link]],
        rest: Sequence[Link],
        source: Mapping[str, Any],
        sink_of: Callable[[Link], Mapping[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Return what each host received: all of it, or, for a host that failed, what it reported last.

        The hosts of ``rest`` receive nothing, and only finish.
        """
        chain = [*(link for links in chains for link in links), *rest]
        self._chains = [[link.host for link in links] for links in chains]
        ports = self._prepare(chain)
        self._fleet.send(self._source, {"do": "send", "arguments": source})
        receiving = {link.host for link in chain if link.host in ports}
        for link in chain:
            if link.host in ports:
                self._fleet.send(link.host, self._command_for(link, ports, sink_of(link)))
        self._listen(receiving)
        return self._received

    def _prepare(self, chain: Sequence[Link]) -> dict[str, int]:
        """Return the port of each host; one that cannot listen is left out of the chain."""
        keys_for = self._keys.authority()
        commands = {
            host: {
                "do": "prepare",
                "host": host,
                "address": self._addresses[host],
                "ports": describe_ports(self._ports),
                "keys": keys_for(self._identities[host]),
            }
            for host in (self._source, *(link.host for link in chain))
        }
        ports = {host: answer["port"] for host, answer in self._fleet.ask(commands, "listening").items()}
        if self._source not in ports:
            raise self._fleet.failed[self._source]
        return ports

    def _command_for(self, link: Link, ports: Mapping[str, int], sink: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "do": "receive",
            "receives": ItemRanges(link.receives).steps(),
            "keeps": ItemRanges(link.keeps).steps(),
            "digests": None if self._digests is None else [self._digests[item] for item in link.receives],
            "peers": [self._peer(host, ports[host]) for host in link.peers if host in ports],
            "is_last": link.is_last,
            "patience": self._patience,
            "arguments": sink,
        }

    def _peer(self, host: str, port: int) -> dict[str, Any]:
        return {"host": host, "identity": self._identities[host], "address": self._addresses[host], "port": port}

    def _listen(self, receiving: set[str]) -> None:
        done: set[str] = set()
        while waiting := receiving - done - set(self._fleet.failed):
            if self._source in self._fleet.failed:
                self._give_up(waiting)
                break
            event = self._fleet.next_event(_EVENT_SECONDS)
            if event:
                self._take(*event, waiting, done)
            self.progress.show_in_time()

    def _take(self, host: str, event: Mapping[str, Any], waiting: set[str], done: set[str]) -> None:
        kind = event["event"]
        if "bytes" in event:
            self._received[host] = _figures(event)
        if kind == "config":
            for one in waiting:
                self._fleet.send(one, {"do": "ask", "question": "take_config", "arguments": event["arguments"]})
        elif kind == "progress":
            self.progress.take(host, event)
            self._samples[host] = Sample(event["seconds"], event["bytes"], event.get("busy") or {})
            self._overtake_slow(waiting - done)
        elif kind == "message":
            self._show(f"{host}: {event['text']}")
        elif kind == "done":
            done.add(host)
        if kind in ("done", "failed", "ended"):
            self.progress.leave(host)

    def _overtake_slow(self, receiving: set[str]) -> None:
        """Once in a while, let a host that holds up the others of its chain be overtaken."""
        now = {host: sample for host, sample in self._samples.items() if host in receiving}
        before = {host: sample for host, sample in self._before.items() if host in now}
        if len(before) < len(now):
            self._before = {**now, **before}
            return
        if any(now[host].seconds - before[host].seconds < MEASURED_SECONDS for host in now):
            return
        self._before = now
        totals = {host: self.progress.totals[host].bytes for host in now}
        for hosts in list(self._chains):
            found = find_overtaking(hosts, before, now, totals)
            if found is None:
                continue
            hosts.remove(found.slow)
            self._chains.append([found.slow])
            self._show(f"{found.slow} holds up the others: it receives from {self._source} from now on.")
            # Behind the slow host there is nobody any more, nor is there where it was the last.
            self._fleet.send(found.receiver if found.releases else found.slow, {"do": "release"})
            if not found.releases:
                self._fleet.send(found.receiver, {"do": "overtake", "host": found.slow})

    def _give_up(self, waiting: set[str]) -> None:
        failure = self._fleet.failed[self._source]
        for host in waiting:
            self._fleet.failed[host] = ClusterError(
                f"{self._source}, which sends, has failed: {failure.message} What {host} has received whole "
                "stays there for the next run.",
                **failure.details,
            )


def _figures(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "bytes_sent": event["bytes"],
        "bytes_again": event["again"],
        "items_sent": event["items"],
        "seconds": event["seconds"],
        "busy": event.get("busy") or {},
        "from_hosts": event["from_hosts"],
        "refused": event["refused"],
    }
