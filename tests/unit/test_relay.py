# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The relay over real sockets on the loopback: chains that are whole, cut, wrong, slow and strange."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import socket
import ssl
import threading
import time

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils import relay_reception
from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.relay_client import Peer
from ansible_collections.distrain.cluster.plugins.module_utils.relay_frames import (
    Request,
    read_frame,
    send_request,
)
from ansible_collections.distrain.cluster.plugins.module_utils.relay_reception import Reception
from ansible_collections.distrain.cluster.plugins.module_utils.relay_server import (
    RelayServer,
    SourceProvider,
)
from ansible_collections.distrain.cluster.plugins.module_utils.relay_tls import client_context, server_context
from ansible_collections.distrain.cluster.plugins.plugin_utils.relay_keys import RunAuthority

SIZES = (3_000_000, 0, 17, 1_048_576, 2_500_000)


class MemorySource:
    def __init__(self, items: list[bytes], piece_pause: float = 0.0) -> None:
        self.items = items
        self._pause = piece_pause

    def open_item(self, item, timeout):
        return len(self.items[item]), SlowFile(self.items[item], self._pause)


class SlowFile(io.BytesIO):
    def __init__(self, data: bytes, pause: float) -> None:
        super().__init__(data)
        self._pause = pause

    def read(self, size=-1):
        time.sleep(self._pause)
        return super().read(min(size, 100_000) if self._pause else size)


class MemorySink:
    def __init__(self, pause: float = 0.0) -> None:
        self.items: dict[int, bytes] = {}
        self.aborted = 0
        self.finished = False
        self._current: tuple[int, int] | None = None
        self._data = b""
        self._pause = pause

    def begin(self, item, size):
        self._current, self._data = (item, size), b""

    def write(self, data):
        time.sleep(self._pause)
        self._data += data

    def end(self):
        item, size = self._current
        assert len(self._data) == size
        self.items[item] = self._data
        self._current = None

    def abort(self):
        self.aborted += 1
        self._current = None

    def finish(self):
        self.finished = True


class Host:
    """A receiving host, as the agent puts it together."""

    def __init__(self, name, receives, digests, authority, peers, sink=None, keeps=None, is_last=False, patience=15):
        self.name = name
        keys = authority.keys_for(name) if authority else None
        self.sink = sink or MemorySink()
        self.server = RelayServer("127.0.0.1", server_context(keys) if keys else None, lambda count: None)
        self.said: list[str] = []
        command = {
            "receives": receives,
            "keeps": receives if keeps is None else keeps,
            "digests": [digests[item] for item in receives],
            "peers": [dataclasses.asdict(peer) for peer in peers],
            "is_last": is_last,
            "patience": patience,
        }
        context = client_context(keys) if keys else None
        self.reception = Reception(command, self.sink, context, self.said.append)
        self.server.serve(self.reception.provider)

    def start(self):
        self.reception.start()
        return self

    def wait(self, timeout=30):
        assert self.reception.wait(timeout), (self.name, self.said)
        self.reception.raise_failure()

    def figures(self):
        return self.reception.figures()

    def peer(self):
        return Peer(self.name, self.name, "127.0.0.1", self.server.port)

    def kill(self):
        """As if its process had died: its connections break, and nobody can connect any more."""
        self.server.close()
        self.reception.stop()


@pytest.fixture
def items():
    return [bytes([number]) * size for number, size in enumerate(SIZES)]


@pytest.fixture
def digests(items):
    return {number: hashlib.sha256(item).hexdigest() for number, item in enumerate(items)}


@pytest.fixture
def authority():
    return RunAuthority()


def start_source(source, authority):
    keys = authority.keys_for("h0") if authority else None
    sent = []
    server = RelayServer("127.0.0.1", server_context(keys) if keys else None, sent.append)
    server.serve(SourceProvider(source))
    return Peer("h0", "h0", "127.0.0.1", server.port), sent


def make_chain(count, receives, digests, authority, source_peer, **options):
    """The hosts h1 to hN, each with the two before it and the source to ask."""
    hosts = []
    for number in range(1, count + 1):
        before = [host.peer() for host in reversed(hosts[-2:])]
        peers = [*before, source_peer]
        hosts.append(Host(f"h{number}", receives, digests, authority, peers, is_last=number == count, **options))
    return hosts


def wait_until(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_chain_delivers_everything_and_the_source_sends_it_once(items, digests, authority, encrypted):
    authority = authority if encrypted else None
    peer, sent = start_source(MemorySource(items), authority)
    hosts = make_chain(4, list(range(len(items))), digests, authority, peer)
    for host in hosts:
        host.start()
    for host in hosts:
        host.wait()
        assert [host.sink.items[number] for number in range(len(items))] == items
        assert host.sink.finished
        assert host.figures()["bytes"] == sum(SIZES)
    assert sum(sent) == sum(SIZES)


def test_hosts_that_need_less_come_later_and_get_less(items, digests, authority):
    peer, _sent = start_source(MemorySource(items), authority)
    first = Host("h1", [0, 1, 2, 3, 4], digests, authority, [peer])
    second = Host("h2", [3, 4], digests, authority, [first.peer(), peer], is_last=True)
    for host in (first, second):
        host.start()
    for host in (first, second):
        host.wait()
    assert sorted(second.sink.items) == [3, 4]
    assert second.figures()["from_hosts"] == {"h1": SIZES[3] + SIZES[4]}


def test_a_host_passes_on_what_it_does_not_keep(items, digests, authority):
    peer, _sent = start_source(MemorySource(items), authority)
    first = Host("h1", [0, 2, 4], digests, authority, [peer], keeps=[0])
    second = Host("h2", [2, 4], digests, authority, [first.peer(), peer], is_last=True)
    for host in (first, second):
        host.start()

    for host in (first, second):
        host.wait()
    assert sorted(first.sink.items) == [0]
    assert sorted(second.sink.items) == [2, 4]


def test_a_dead_host_in_the_middle_is_gone_round_and_nothing_is_sent_twice_by_the_source(items, digests, authority):
    peer, sent = start_source(MemorySource(items, piece_pause=0.01), authority)
    hosts = make_chain(3, list(range(len(items))), digests, authority, peer)
    for host in hosts:
        host.start()
    wait_until(lambda: hosts[2].figures()["bytes"] >= 1_000_000)
    hosts[1].kill()
    for host in (hosts[0], hosts[2]):
        host.wait()
        assert [host.sink.items[number] for number in range(len(items))] == items
    assert hosts[2].figures()["from_hosts"]["h1"] > 0, (hosts[2].figures(), hosts[2].said)
    assert sum(sent) == sum(SIZES)


def test_wrong_bytes_are_refused_named_and_fetched_elsewhere(items, digests, authority):
    peer, _sent = start_source(MemorySource(items), authority)
    wrong = [*items[:4], b"x" + items[4][1:]]
    liar, _lies = start_source(MemorySource(wrong), authority)
    liar = Peer("liar", "h0", liar.address, liar.port)
    first = Host("h1", list(range(5)), digests, authority, [liar, peer])
    second = Host("h2", list(range(5)), digests, authority, [first.peer(), peer], is_last=True)
    for host in (first, second):
        host.start()
    for host in (first, second):
        host.wait()
        assert [host.sink.items[number] for number in range(len(items))] == items
    assert [entry["from"] for entry in first.figures()["refused"]] == ["liar"]
    assert any("liar sent wrong bytes" in text for text in first.said)
    assert first.sink.aborted <= 1
    assert second.figures()["refused"] == []


def test_a_source_that_is_wrong_every_time_is_an_error_that_names_it(items, digests, authority):
    wrong = [b"x" + items[0][1:], *items[1:]]
    peer, _sent = start_source(MemorySource(wrong), authority)
    host = Host("h1", list(range(5)), digests, authority, [peer], is_last=True).start()
    with pytest.raises(ClusterError, match="came 3 times with wrong bytes, the last time from h0"):
        host.wait()
    assert host.sink.items == {}


def test_what_came_before_a_cut_is_not_sent_again(items, digests, authority):
    source = MemorySource(items, piece_pause=0.01)
    peer, sent = start_source(source, authority)
    proxy = CuttingProxy(peer.port, after=1_500_000)
    host = Host("h1", list(range(5)), digests, authority, [Peer("h0", "h0", "127.0.0.1", proxy.port)], is_last=True)
    host.start().wait()
    assert [host.sink.items[number] for number in range(len(items))] == items
    assert proxy.cuts == 1
    # What was under way between both when it was cut: less than a piece, and what the sockets held.
    assert sum(sent) - sum(SIZES) <= 1_048_576 + 1_000_000


class CuttingProxy:
    """Forwards TCP, and cuts the first connection after so many bytes."""

    def __init__(self, port, after):
        self._target = port
        self._after = after
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            client, _address = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._copy, args=(client, server, None), daemon=True).start()
            limit = self._after if self.cuts == 0 else None
            threading.Thread(target=self._copy, args=(server, client, limit), daemon=True).start()

    def _copy(self, source, target, limit):
        moved = 0
        try:
            while data := source.recv(65536):
                target.sendall(data)
                moved += len(data)
                if limit and moved > limit:
                    self.cuts += 1
                    break
        except OSError:
            pass
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def test_a_slow_engine_slows_the_chain_and_loses_nothing(items, digests, authority, monkeypatch):
    monkeypatch.setattr(relay_reception, "WINDOW_BYTES", 1_048_576)
    peer, _sent = start_source(MemorySource(items), authority)
    receives = list(range(5))
    first = Host("h1", receives, digests, authority, [peer], sink=MemorySink(pause=0.1))
    second = Host("h2", receives, digests, authority, [first.peer(), peer], is_last=True)
    for host in (first, second):
        host.start()
    for host in (first, second):
        host.wait()
        assert [host.sink.items[number] for number in range(len(items))] == items


def test_what_came_whole_is_kept_by_a_host_that_stops(items, digests, authority):
    peer, _sent = start_source(MemorySource(items, piece_pause=0.01), authority)
    host = Host("h1", list(range(5)), digests, authority, [peer], sink=MemorySink(pause=0.1), is_last=True).start()
    wait_until(lambda: host.figures()["bytes"] > SIZES[0] + SIZES[2] + SIZES[3])
    assert len(host.sink.items) < 3
    host.reception.stop()
    assert sorted(host.sink.items) == [0, 1, 2, 3]
    assert not host.sink.finished


def test_a_stranger_gets_nothing(items, authority):
    peer, sent = start_source(MemorySource(items), authority)
    stranger = RunAuthority().keys_for("h0")
    for context in (client_context(stranger), _without_certificate()):
        with (
            socket.create_connection((peer.address, peer.port), 5) as connection,
            pytest.raises((ssl.SSLError, OSError)),
            context.wrap_socket(connection, server_hostname="h0") as stream,
        ):
            send_request(stream, Request((0,), 0))
            read_frame(stream)
    assert sent == []


def _without_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_another_host_of_the_run_is_not_taken_for_the_one_that_is_expected(items, digests, authority):
    peer, _sent = start_source(MemorySource(items), authority)
    wrong = Peer("h7", "h7", peer.address, peer.port)
    host = Host("h1", [0], digests, authority, [wrong], is_last=True, patience=0.5)
    host.start()
    with pytest.raises(ClusterError, match="the last that was asked was h7"):
        host.wait()


def test_only_tls_1_3_is_spoken(authority):
    assert server_context(authority.keys_for("h0")).minimum_version == ssl.TLSVersion.TLSv1_3
    assert client_context(authority.keys_for("h0")).minimum_version == ssl.TLSVersion.TLSv1_3


def test_a_key_is_not_shown():
    assert "PRIVATE" not in repr(RunAuthority().keys_for("h0"))
