# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listening and measuring over the loopback interface, whose addresses stand for hosts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.filter.network_probe import (
    hosts_still_listening,
    network_listeners,
)
from ansible_collections.distrain.cluster.plugins.module_utils.host import kernel as kernel_features
from ansible_collections.distrain.cluster.plugins.module_utils.probe import dns as dns_message
from ansible_collections.distrain.cluster.plugins.module_utils.probe.message import decode, encode
from ansible_collections.distrain.cluster.plugins.module_utils.probe.responder import Responder, listen
from ansible_collections.distrain.cluster.plugins.module_utils.probe.run import Settings, measure
from ansible_collections.distrain.cluster.plugins.module_utils.probe.targets import read_endpoints
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.ports import SWARM_PORTS

TOKEN = "secret"
ENDPOINTS = read_endpoints(
    [
        {"network": "lo", "host": host, "address": f"127.77.0.{number}", "mtu": 1500}
        for number, host in enumerate("ab", 1)
    ]
)


class Host:
    """One that listens in a thread, under a name that the test chooses."""

    def __init__(self, number: int, name: str, lifetime: float = 20, ports: Any = ()) -> None:
        self.listeners = listen([ENDPOINTS[number]], ports)
        responder = Responder(TOKEN, name, ["a", "b"], lifetime)
        self.thread = threading.Thread(target=responder.serve, args=(self.listeners.sockets,), daemon=True)
        self.thread.start()

    def returned(self) -> dict[str, Any]:
        return {"listeners": self.listeners.rows}


@pytest.fixture
def hosts() -> Iterator[dict[str, Host]]:
    found = {"a": Host(0, "a"), "b": Host(1, "b")}
    yield found
    for one in found.values():
        one.thread.join(0)


def measured(host: str, listeners: dict[str, Any], token: str = TOKEN, **changes: Any) -> dict[str, Any]:
    now = time.monotonic()
    wanted = {"settle_until": now, "throughput_seconds": 0.05, "throughput_bytes": 10**8, **changes}
    settings = Settings(token=token, host=host, deadline=now + 10, **wanted)
    return measure(ENDPOINTS, listeners, settings, lambda _name: None)


def test_two_hosts_measure_each_other_and_end(hosts: dict[str, Host]) -> None:
    listeners = {name: one.returned() for name, one in hosts.items()}
    first = measured("a", listeners, bulk=65536)
    row = first["measurements"][0]
    assert (row["source"], row["target"], row["answered_by"]) == ("a", "b", "b")
    assert row["ports"] == {"measure/tcp": "open", "measure/udp": "open"}
    assert row["path_mtu"] == 1500
    assert row["mbits"] > 0 and row["rtt_ms"] > 0 and abs(row["clock_offset_s"]) < 1
    second = measured("b", listeners)
    assert (first["notified"], second["notified"], second["received_from"]) == (["a", "b"], ["a", "b"], ["a"])
    for one in hosts.values():
        one.thread.join(5)
        assert not one.thread.is_alive()


def test_without_the_token_nothing_is_answered(hosts: dict[str, Host]) -> None:
    listeners = {name: one.returned() for name, one in hosts.items()}
    row = measured("a", listeners, token="another")["measurements"][0]
    assert row["ports"] == {"measure/tcp": "timeout", "measure/udp": "timeout"}
    assert (row["answered_by"], row["path_mtu"], row["mbits"]) == (None, None, None)


def test_an_answer_from_another_host_is_recognised() -> None:
    listeners = {"b": Host(1, "c").returned()}
    row = measured("a", listeners)["measurements"][0]
    assert row["ports"] == {"measure/tcp": "other host c", "measure/udp": "other host c"}
    assert (row["answered_by"], row["path_mtu"]) == ("c", None)


def test_nobody_listens() -> None:
    rows = [{"network": "lo", "address": "127.77.0.2", "ports": {}, "measure": {"tcp": 1, "udp": 1}}]
    row = measured("a", {"b": {"listeners": rows}})["measurements"][0]
    assert row["ports"] == {"measure/tcp": "refused", "measure/udp": "refused"}


def test_a_port_of_another_program_is_taken() -> None:
    with socket.create_server(("127.77.0.2", 0)) as engine, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vxlan:
        vxlan.bind(("127.77.0.2", 0))
        ports = (("tcp", engine.getsockname()[1]), ("udp", vxlan.getsockname()[1]))
        host = Host(1, "b", ports=ports)
        states = host.listeners.rows[0]["ports"]
        assert set(states.values()) == {"taken"}
        outcomes = measured("a", {"b": host.returned()})["measurements"][0]["ports"]
        assert {label.partition("/")[2]: outcomes[label] for label in states} == {"tcp": "open", "udp": "taken"}


def test_an_address_that_is_not_there_is_unavailable() -> None:
    endpoints = read_endpoints([{"network": "n", "host": "a", "address": "192.0.2.1"}])
    listeners = listen(endpoints, SWARM_PORTS)
    assert listeners.sockets == []
    assert {state.partition(":")[0] for state in listeners.rows[0]["ports"].values()} == {"unavailable"}


def test_a_lifetime_ends() -> None:
    host = Host(0, "a", lifetime=0.3)
    host.thread.join(5)
    assert not host.thread.is_alive()


@pytest.mark.parametrize("data", [b"", b"x" * 40, encode("another", {"do": "echo"}), encode(TOKEN, {"do": 1})[:-1]])
def test_messages_that_are_not_signed(data: bytes) -> None:
    assert decode(TOKEN, data) is None


def test_a_message_is_filled_up() -> None:
    message = encode(TOKEN, {"do": "echo"}, 1472)
    assert len(message) == 1472
    assert decode(TOKEN, message) == {"do": "echo"}


def test_a_name_is_asked_for_and_found() -> None:
    question = dns_message.question_for("keepalive-a", 7)
    header, asked = question[:12], question[12:]
    assert asked == b"\x0bkeepalive-a\x00\x00\x01\x00\x01"
    answer = b"\x00\x07\x81\x80" + header[4:6] + b"\x00\x01" + b"\x00" * 4 + asked
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x02\x58\x00\x04\x0a\x4d\x00\x02"
    assert dns_message.address_in(answer + record, 7) == "10.77.0.2"
    assert dns_message.address_in(answer + record, 8) is None
    assert dns_message.address_in(answer + record[:9], 7) is None
    assert dns_message.address_in(b"", 7) is None


@pytest.mark.parametrize(
    ("works", "expected"),
    [
        ({"show"}, {"vxlan": False, "esp": False}),
        ({"show", "vxlan"}, {"vxlan": True, "esp": False}),
        ({"show", "vxlan", "xfrm"}, {"vxlan": True, "esp": True}),
        (set(), {"vxlan": None, "esp": None}),
    ],
)
def test_kernel_features(works: set[str], expected: dict[str, bool | None]) -> None:
    assert kernel_features.kernel_features(lambda argv: bool(works & set(argv))) == expected


def test_hosts_that_wait_in_vain() -> None:
    hostvars = {"a": {"p": {"notified": ["a", "b"]}}, "b": {"p": {"notified": ["b"]}}, "c": {}}
    assert hosts_still_listening(hostvars, ["a", "b"], "p") == ["a"]
    assert hosts_still_listening(hostvars, ["a", "b", "c"], "p") == ["a", "b", "c"]


def test_listeners_of_all_hosts() -> None:
    hostvars = {"a": {"l": {"listeners": [1], "pid": 4}}, "b": {"l": {"skipped": True}}, "c": {}}
    assert network_listeners(hostvars, ["a", "b", "c"], "l") == {"a": {"listeners": [1]}}
