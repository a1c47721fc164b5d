# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""At which port a host listens, what is said where none is free, and how long a firewall is open for it."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.relay import firewall, listener
from ansible_collections.distrain.cluster.plugins.module_utils.relay.firewall import OpenPort
from ansible_collections.distrain.cluster.plugins.module_utils.relay.listener import (
    describe_ports,
    listener_on,
    ports_of,
    why_not_listening,
)

HOST = "127.0.0.1"


@contextlib.contextmanager
def held(count: int) -> Iterator[range]:
    """Yield so many ports in a row that are taken, and close them."""
    for first in range(28700, 28900, count):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            ports = range(first, first + count)
            for port in ports:
                stack.enter_context(socket.create_server((HOST, port)))
            yield ports
            return
    raise AssertionError("no ports are free")


def test_the_first_free_port_of_the_range_is_taken() -> None:
    with held(2) as ports:
        wider = range(ports[0], ports[-1] + 20)
        with listener_on(HOST, wider) as found:
            assert found.getsockname()[1] in set(wider) - set(ports)


def test_without_a_range_the_kernel_chooses() -> None:
    with listener_on(HOST, ports_of(describe_ports(range(0)))) as found:
        assert found.getsockname()[1] > 0
    assert ports_of(describe_ports(range(28500, 28600))) == range(28500, 28600)


def test_where_no_port_is_free_what_holds_them_is_named() -> None:
    with held(7) as ports:
        with pytest.raises(OSError) as caught:
            listener_on(HOST, ports)
        message = why_not_listening("gpu-01", HOST, ports, caught.value).message
    holder = f"by {Path('/proc/self/comm').read_text().strip()} (process {os.getpid()})"
    found = f"No port of {ports[0]}-{ports[-1]} is free at {HOST} of gpu-01. Held are {ports[0]} {holder}"
    assert message.startswith(found)
    assert ", and 2 more. End what holds them" in message


def test_a_process_that_cannot_be_seen_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "port_holders", lambda ports: {})
    message = why_not_listening("gpu-01", HOST, range(28500, 28501), OSError(errno.EADDRINUSE, "in use")).message
    assert "No port of 28500 is free" in message
    assert "28500 by a process that cannot be seen." in message


@pytest.mark.parametrize("ports", [range(1), range(28500, 28510)])
def test_any_other_error_is_the_systems(ports: range) -> None:
    error = OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    message = why_not_listening("gpu-01", "192.0.2.7", ports, error).message
    assert message == "Nothing can listen on 192.0.2.7 of gpu-01: Cannot assign requested address."


class Nft:
    """Stands in for the command: remembers what is asked, and has the table or not."""

    def __init__(self, has_set: bool = True, rc: int = 0) -> None:
        self.asked: list[str] = []
        self._has_set, self._rc = has_set, rc

    def __call__(self, argv: Sequence[str], _seconds: float) -> Ended:
        self.asked.append(" ".join(argv[1:]))
        is_question = argv[1] == "list"
        return Ended(int(not self._has_set) if is_question else self._rc, "", "Error: no such set")


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firewall.os, "geteuid", lambda: 0)


@pytest.mark.usefixtures("as_root")
def test_a_port_is_opened_with_an_end_of_its_own_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    nft = Nft()
    monkeypatch.setattr(firewall, "run_command", nft)
    port = OpenPort(28500)
    port.open()
    port.close()
    port.close()
    element = "element inet distrain transfers { 28500"
    assert nft.asked == [
        "list set inet distrain transfers",
        f"add {element} }}; delete {element} }}; add {element} timeout 120s }}",
        f"delete {element} }}",
    ]


@pytest.mark.usefixtures("as_root")
def test_without_such_a_firewall_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    nft = Nft(has_set=False)
    monkeypatch.setattr(firewall, "run_command", nft)
    port = OpenPort(28500)
    port.open()
    port.close()
    assert nft.asked == ["list set inet distrain transfers"]


@pytest.mark.usefixtures("as_root")
def test_a_firewall_that_cannot_be_opened_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firewall, "run_command", Nft(rc=1))
    with pytest.raises(ClusterError, match=r"closed for port 28500 .*cannot be opened: Error: no such set"):
        OpenPort(28500).open()


def test_a_user_that_is_not_root_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    nft = Nft()
    monkeypatch.setattr(firewall, "run_command", nft)
    monkeypatch.setattr(firewall.os, "geteuid", lambda: 1000)
    OpenPort(28500).open()
    assert nft.asked == []
