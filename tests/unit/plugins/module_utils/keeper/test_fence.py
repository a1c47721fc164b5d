# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of two keepers of a job a host serves the newer one alone."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import Events
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.link import Address, TlsLink
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.listener import JOB
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.turn import Turn, greeting_in, greeting_of
from ansible_collections.distrain.cluster.tests.unit.support.host_agents import JobHost


@pytest.fixture
def host(tmp_path: Path) -> Iterator[JobHost]:
    made = JobHost(tmp_path / "keeper", tmp_path)
    yield made
    made.listener.close()


class Keeper:
    """A connection in a turn, with what came of it."""

    def __init__(self, host: JobHost, turn: Turn) -> None:
        self.events: Events = queue.SimpleQueue()
        self.refused = threading.Event()
        address = Address("127.0.0.1", host.listener.port, host.identity)
        self.link = TlsLink("gpu-01", address, host.keeper, JOB, self.events, turn, self.refused.set)
        self.link.send({"do": "clock"})

    def event(self) -> str:
        return str(self.events.get(timeout=20)[1]["event"])


@pytest.mark.parametrize(
    ("first", "second", "is_served"),
    [
        (Turn("run-1", 2), Turn("run-1", 3), True),
        (Turn("run-1", 2), Turn("run-1", 2), True),
        (Turn("run-1", 2), Turn("run-1", 1), False),
        # Of another run only the newest has keys.
        (Turn("run-1", 9), Turn("run-2", 0), True),
        (Turn("run-1"), Turn("run-1"), True),
    ],
)
def test_which_keeper_is_served_after_another(host: JobHost, first: Turn, second: Turn, is_served: bool) -> None:
    before = Keeper(host, first)
    assert before.event() == "clock"
    before.link.close()
    after = Keeper(host, second)
    assert after.event() == ("clock" if is_served else "ended")
    assert after.refused.is_set() is not is_served
    after.link.close()


def test_what_an_older_keeper_has_running_ends_before_the_newer_one_is_served(host: JobHost) -> None:
    older, newer = Keeper(host, Turn("run-1", 1)), None
    assert older.event() == "clock"
    try:
        newer = Keeper(host, Turn("run-1", 2))
        assert older.event() == "ended" and newer.event() == "clock"
    finally:
        for one in (older, newer):
            if one:
                one.link.close()


def test_two_connections_of_one_keeper_are_both_served(host: JobHost) -> None:
    one, two = Keeper(host, Turn("run-1", 1)), Keeper(host, Turn("run-1", 1))
    assert (one.event(), two.event()) == ("clock", "clock")
    one.link.send({"do": "clock"})
    assert one.event() == "clock"
    for keeper in (one, two):
        keeper.link.close()


def test_a_restarted_service_remembers_the_newest_turn(host: JobHost, tmp_path: Path) -> None:
    keeper = Keeper(host, Turn("run-1", 5))
    assert keeper.event() == "clock"
    keeper.link.close()
    host.restart()
    late = Keeper(host, Turn("run-1", 4))
    assert late.event() == "ended" and late.refused.is_set()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"program": "job"}', ("job", Turn())),
        (b'{"program": "job", "run": "x", "term": 3}', ("job", Turn("x", 3))),
        (b'{"program": "job", "term": "three"}', ("", Turn())),
        (b'{"program": "job", "term": [3]}', ("", Turn())),
        (b"[]", ("", Turn())),
        (b"no JSON", ("", Turn())),
        (b"", ("", Turn())),
    ],
)
def test_a_first_line(line: bytes, expected: tuple[str, Turn]) -> None:
    assert greeting_in(line) == expected
    assert greeting_of("job", Turn("x", 3)) == {"program": "job", "run": "x", "term": 3}
