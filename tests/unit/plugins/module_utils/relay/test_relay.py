# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A relay over real sockets on the loopback where all goes well: everybody gets what it needs, and no more."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.relay import transfer as relay_transfer
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.relay_hosts import (
    SIZES,
    Host,
    MemorySink,
    MemorySource,
    deliver,
    make_chain,
    start_source,
)


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_chain_delivers_everything_and_the_source_sends_it_once(encrypted: bool) -> None:
    authority = RunAuthority() if encrypted else None
    source, sent = start_source(authority)
    hosts = make_chain(4, authority, source)
    deliver(*hosts)
    for host in hosts:
        assert host.has_all()
        assert host.sink.finished
        assert host.figures()["bytes"] == sum(SIZES)
        assert {"receive", "load"} <= host.figures()["busy"].keys()
    assert sum(sent) == sum(SIZES)


def test_hosts_that_need_less_come_later_and_get_less() -> None:
    authority = RunAuthority()
    source, _sent = start_source(authority)
    first = Host("h1", authority, [source])
    second = Host("h2", authority, [first.peer(), source], [3, 4], is_last=True)
    deliver(first, second)
    assert sorted(second.sink.items) == [3, 4]
    assert second.figures()["from_hosts"] == {"h1": SIZES[3] + SIZES[4]}


def test_a_host_passes_on_what_it_does_not_keep() -> None:
    authority = RunAuthority()
    source, _sent = start_source(authority)
    first = Host("h1", authority, [source], [0, 2, 4], keeps=[0])
    second = Host("h2", authority, [first.peer(), source], [2, 4], is_last=True)
    deliver(first, second)
    assert sorted(first.sink.items) == [0]
    assert sorted(second.sink.items) == [2, 4]


def test_a_slow_engine_slows_the_chain_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_transfer, "WINDOW_BYTES", 1_048_576)
    authority = RunAuthority()
    source, _sent = start_source(authority)
    first = Host("h1", authority, [source], sink=MemorySink(pause=0.1))
    second = Host("h2", authority, [first.peer(), source], is_last=True)
    deliver(first, second)
    assert first.has_all()
    assert second.has_all()


class GatedSink(MemorySink):
    """Takes nothing after the first pieces until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self._pieces = 0

    def write(self, data: bytes) -> None:
        self._pieces += 1
        if self._pieces > 2:
            self.gate.wait(30)
        super().write(data)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_host_that_holds_up_the_others_is_overtaken(place: int) -> None:
    authority = RunAuthority()
    # More than the buffers of all sockets hold.
    items = [bytes([number]) * 12_000_000 for number in range(4)]
    source, _sent = start_source(authority, MemorySource(items))
    slow = GatedSink()
    hosts: list[Host] = []
    for number in range(3):
        peers = [*(host.peer() for host in reversed(hosts)), source]
        sink = slow if number == place else None
        more = {"is_last": number == 2, "items": items, "receives": range(4), "window_bytes": 1_048_576}
        hosts.append(Host(f"h{number + 1}", authority, peers, sink=sink, **more))
    for host in hosts:
        host.start()
    others = [host for host in hosts if host.sink is not slow]
    time.sleep(1)
    assert not any(host.transfer.wait(0) for host in others)
    if place == 2:
        hosts[1].transfer.release()
    else:
        hosts[place].transfer.release()
        hosts[place + 1].transfer.overtake(f"h{place + 1}")
    for host in others:
        assert host.transfer.wait(20)
        host.transfer.raise_failure()
        assert host.has_all()
    slow.gate.set()
    late = hosts[place]
    assert late.transfer.wait(20)
    late.transfer.raise_failure()
    assert late.has_all()
    assert all(host.figures()["again"] == 0 for host in hosts)
    assert late.figures()["from_hosts"]["h0"] > 0
