# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may have an agent of a host: the keeper of the agent's job, and nobody else."""

from __future__ import annotations

import queue
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import Events
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.link import Address, TlsLink
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.listener import JOB
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, token_of
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import CLIENT, RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.host_agents import JobHost


@pytest.fixture
def host(tmp_path: Path) -> Iterator[JobHost]:
    made = JobHost(tmp_path / "keeper", tmp_path)
    yield made
    made.listener.close()


def first_event(host: JobHost, keys: RunKeys, identity: str = "", program: str = JOB) -> dict[str, object]:
    """The first thing that comes of an agent that is asked for the time."""
    events: Events = queue.SimpleQueue()
    address = Address("127.0.0.1", host.listener.port, identity or host.identity)
    link = TlsLink("gpu-01", address, keys, program, events)
    link.send({"do": "clock"})
    try:
        return events.get(timeout=20)[1]
    finally:
        link.close()


def test_the_keeper_of_the_job_is_answered(host: JobHost) -> None:
    assert first_event(host, host.keeper)["event"] == "clock"


def test_another_authority_is_refused(host: JobHost) -> None:
    stranger = RunAuthority().keys_for("keeper", CLIENT)
    mixed = RunKeys(host.keeper.authority, stranger.certificate, stranger.key)
    assert first_event(host, mixed)["event"] == "ended"


def test_the_keys_of_a_host_make_it_no_keeper(host: JobHost) -> None:
    assert first_event(host, host.keys)["event"] == "ended"


def test_the_keeper_of_another_job_is_refused(host: JobHost, tmp_path: Path) -> None:
    """Both jobs are known to the host, and its listener serves both."""
    other = JobHost(tmp_path / "keeper", tmp_path, job="dpo")
    other.listener.close()
    assert first_event(host, other.keeper, other.identity)["event"] == "clock"
    mixed = RunKeys(host.keeper.authority, other.keeper.certificate, other.keeper.key)
    assert first_event(host, mixed)["event"] == "ended"


@pytest.mark.parametrize("name", ["h0.0123456789abcdef.distrain.invalid", "h0.distrain.invalid", "localhost"])
def test_a_job_that_the_host_does_not_know_has_no_agent(host: JobHost, name: str) -> None:
    assert first_event(host, host.keeper, name)["event"] == "ended"


def test_there_is_no_other_program(host: JobHost) -> None:
    assert first_event(host, host.keeper, program="keep")["event"] == "ended"


def test_nothing_is_said_to_who_shows_no_certificate(host: JobHost) -> None:
    context = ssl.create_default_context(cadata=host.keeper.authority)
    with socket.create_connection(("127.0.0.1", host.listener.port), 10) as plain, pytest.raises(OSError):  # noqa: SIM117
        with context.wrap_socket(plain, server_hostname=host.identity) as stream:
            stream.sendall(b'{"program": "job"}\n')
            assert stream.recv(1) == b""
            raise ConnectionResetError


def test_a_name_stands_for_one_job() -> None:
    places = [Place("a.b", "c"), Place("a", "b.c"), Place("a", "b")]
    assert len({place.token for place in places}) == 3
    assert token_of(places[0].identity(3)) == places[0].token
    assert token_of("h1.distrain.invalid") == ""
