# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts of a relay over real sockets on the loopback, with sources and sinks in memory."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import time
from collections.abc import Sequence

from ansible_collections.distrain.cluster.plugins.module_utils.relay.client import Peer
from ansible_collections.distrain.cluster.plugins.module_utils.relay.listener import listener_on
from ansible_collections.distrain.cluster.plugins.module_utils.relay.parts import WINDOW_BYTES
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import RelayServer, SourceProvider
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import client_context, server_context
from ansible_collections.distrain.cluster.plugins.module_utils.relay.transfer import RelayTransfer
from ansible_collections.distrain.cluster.plugins.module_utils.relay.unfinished import UnfinishedItems
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority

SIZES = (3_000_000, 0, 17, 1_048_576, 2_500_000)
ITEMS = [bytes([number]) * size for number, size in enumerate(SIZES)]
ALL = tuple(range(len(ITEMS)))


class MemorySource:
    def __init__(self, items: Sequence[bytes] = ITEMS, piece_pause: float = 0.0) -> None:
        self._items = items
        self._pause = piece_pause

    def open_item(self, item: int, _timeout: float) -> tuple[int, SlowFile]:
        return len(self._items[item]), SlowFile(self._items[item], self._pause)


class SlowFile(io.BytesIO):
    def __init__(self, data: bytes, pause: float) -> None:
        super().__init__(data)
        self._pause = pause

    def read(self, size: int = -1) -> bytes:
        time.sleep(self._pause)
        return super().read(min(size, 100_000) if self._pause else size)


class MemorySink:
    def __init__(self, pause: float = 0.0) -> None:
        self.items: dict[int, bytes] = {}
        self.aborted = 0
        self.finished = False
        self._item, self._size = -1, 0
        self._data = b""
        self._pause = pause

    def begin(self, item: int, size: int) -> None:
        self._item, self._size, self._data = item, size, b""

    def write(self, data: bytes) -> None:
        time.sleep(self._pause)
        self._data += data

    def end(self) -> None:
        assert len(self._data) == self._size
        self.items[self._item] = self._data

    def abort(self) -> None:
        self.aborted += 1

    def finish(self) -> None:
        self.finished = True


class Host:
    """A receiving host, as the agent puts it together."""

    def __init__(
        self,
        name: str,
        authority: RunAuthority | None,
        peers: Sequence[Peer],
        receives: Sequence[int] = ALL,
        keeps: Sequence[int] | None = None,
        sink: MemorySink | None = None,
        is_last: bool = False,
        patience: float = 15,
        items: Sequence[bytes] = ITEMS,
        unfinished: UnfinishedItems | None = None,
        window_bytes: int | None = None,
    ) -> None:
        self.name = name
        self.sink = sink or MemorySink()
        self.said: list[str] = []
        self._items = items
        keys = authority.keys_for(name) if authority else None
        self._server = RelayServer(listener_on("127.0.0.1"), server_context(keys) if keys else None, lambda count: None)
        command = {
            "receives": receives,
            "keeps": receives if keeps is None else keeps,
            "digests": [hashlib.sha256(items[item]).hexdigest() for item in receives],
            "peers": [dataclasses.asdict(peer) for peer in peers],
            "is_last": is_last,
            "patience": patience,
        }
        context = client_context(keys) if keys else None
        self.transfer = RelayTransfer(
            command, self.sink, context, self.said.append, unfinished, window_bytes or WINDOW_BYTES
        )
        self._server.serve(self.transfer.provider)

    def start(self) -> Host:
        self.transfer.start()
        return self

    def wait(self, timeout: float = 30) -> None:
        assert self.transfer.wait(timeout), (self.name, self.said)
        self.transfer.raise_failure()

    def has_all(self) -> bool:
        return self.sink.items == dict(enumerate(self._items))

    def figures(self) -> dict:
        return self.transfer.figures()

    def peer(self) -> Peer:
        return Peer(self.name, self.name, "127.0.0.1", self._server.port)

    def kill(self) -> None:
        """As if its process had died: its connections break, and nobody can connect any more."""
        self._server.close()
        self.transfer.stop()


def start_source(authority: RunAuthority | None, source: MemorySource | None = None) -> tuple[Peer, list[int]]:
    """Where the source h0 is, and a list that grows by how many bytes it sends."""
    keys = authority.keys_for("h0") if authority else None
    sent: list[int] = []
    server = RelayServer(listener_on("127.0.0.1"), server_context(keys) if keys else None, sent.append)
    server.serve(SourceProvider(source or MemorySource()))
    return Peer("h0", "h0", "127.0.0.1", server.port), sent


def make_chain(count: int, authority: RunAuthority | None, source: Peer) -> list[Host]:
    """The hosts h1 to hN, each with the two before it and the source to ask."""
    hosts: list[Host] = []
    for number in range(1, count + 1):
        before = [host.peer() for host in reversed(hosts[-2:])]
        hosts.append(Host(f"h{number}", authority, [*before, source], is_last=number == count))
    return hosts


def deliver(*hosts: Host) -> None:
    for host in hosts:
        host.start()
    for host in hosts:
        host.wait()
