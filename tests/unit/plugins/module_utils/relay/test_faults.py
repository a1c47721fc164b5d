# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A relay over real sockets on the loopback where hosts die, stop or lie, and connections are cut."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.relay.client import Peer
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.relay_hosts import (
    ITEMS,
    SIZES,
    Host,
    MemorySink,
    MemorySource,
    deliver,
    make_chain,
    start_source,
)
from ansible_collections.distrain.cluster.tests.unit.support.waiting import wait_until


@pytest.fixture
def authority() -> RunAuthority:
    return RunAuthority()


def test_a_dead_host_in_the_middle_is_gone_round_and_nothing_is_sent_twice_by_the_source(
    authority: RunAuthority,
) -> None:
    source, sent = start_source(authority, MemorySource(piece_pause=0.01))
    first, dies, last = (host.start() for host in make_chain(3, authority, source))
    wait_until(lambda: last.figures()["bytes"] >= 1_000_000)
    dies.kill()
    for host in (first, last):
        host.wait()
        assert host.has_all()
    assert last.figures()["from_hosts"]["h1"] > 0, (last.figures(), last.said)
    assert sum(sent) == sum(SIZES)


def test_wrong_bytes_are_refused_named_and_fetched_elsewhere(authority: RunAuthority) -> None:
    source, _sent = start_source(authority)
    wrong = [*ITEMS[:4], b"x" + ITEMS[4][1:]]
    liar, _lies = start_source(authority, MemorySource(wrong))
    liar = Peer("liar", "h0", liar.address, liar.port)
    first = Host("h1", authority, [liar, source])
    second = Host("h2", authority, [first.peer(), source], is_last=True)
    deliver(first, second)
    assert first.has_all()
    assert second.has_all()
    assert [entry["from"] for entry in first.figures()["refused"]] == ["liar"]
    assert any("liar sent wrong bytes" in text for text in first.said)
    assert first.sink.aborted <= 1
    assert second.figures()["refused"] == []


def test_a_source_that_is_wrong_every_time_is_an_error_that_names_it(authority: RunAuthority) -> None:
    wrong = [b"x" + ITEMS[0][1:], *ITEMS[1:]]
    source, _sent = start_source(authority, MemorySource(wrong))
    host = Host("h1", authority, [source], is_last=True).start()
    with pytest.raises(ClusterError, match="came 3 times with wrong bytes, the last time from h0"):
        host.wait()
    assert host.sink.items == {}


def test_what_came_before_a_cut_is_not_sent_again(authority: RunAuthority) -> None:
    source, sent = start_source(authority, MemorySource(piece_pause=0.01))
    proxy = CuttingProxy(source.port, after=1_500_000)
    host = Host("h1", authority, [Peer("h0", "h0", "127.0.0.1", proxy.port)], is_last=True)
    deliver(host)
    assert host.has_all()
    assert proxy.cuts == 1
    # What was under way between both when it was cut: less than a piece, and what the sockets held.
    assert sum(sent) - sum(SIZES) <= 1_048_576 + 1_000_000


class CuttingProxy:
    """Forwards TCP, and cuts the first connection after so many bytes."""

    def __init__(self, port: int, after: int) -> None:
        self._target = port
        self._after = after
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            client, _address = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._copy, args=(client, server, None), daemon=True).start()
            limit = self._after if self.cuts == 0 else None
            threading.Thread(target=self._copy, args=(server, client, limit), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        moved = 0
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
                moved += len(data)
                if limit and moved > limit:
                    self.cuts += 1
                    break
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def test_what_came_whole_is_kept_by_a_host_that_stops(authority: RunAuthority) -> None:
    source, _sent = start_source(authority, MemorySource(piece_pause=0.01))
    host = Host("h1", authority, [source], sink=MemorySink(pause=0.1), is_last=True).start()
    wait_until(lambda: host.figures()["bytes"] > SIZES[0] + SIZES[2] + SIZES[3])
    assert len(host.sink.items) < 3
    host.transfer.stop()
    assert sorted(host.sink.items) == [0, 1, 2, 3]
    assert not host.sink.finished
