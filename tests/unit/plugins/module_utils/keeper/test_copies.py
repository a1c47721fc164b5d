# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper has written comes to another manager, over a real connection."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import Events
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.copies import Copies
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.copy_agent import CopyAgent
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.link import Address, TlsLink
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.listener import COPY
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.memory import Known, read_known, write_known
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, read_json, write_json
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.screen import Screen
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.view import view
from ansible_collections.distrain.cluster.tests.unit.support.host_agents import JobHost

KEPT = {"run": "run-1", "attempt": "first", "phase": "beginning", "restarts": 0, "ranks": [{"host": "gpu-01"}]}
STATE = {"run": "run-1", "attempt": "second", "phase": "following", "restarts": 1, "term": 3, "keeper": "gpu-01"}
EVENT = {"at": 1.0, "kind": "started", "text": "It was started."}


@pytest.fixture
def other(tmp_path: Path) -> Iterator[JobHost]:
    made = JobHost(tmp_path / "other", tmp_path)
    write_json(made.place.keep, KEPT)
    yield made
    made.listener.close()


@pytest.fixture
def own(tmp_path: Path) -> Place:
    made = Place("llama-factory", "sft", str(tmp_path / "own"))
    made.make()
    write_json(made.keep, KEPT)
    write_json(made.state, STATE)
    write_json(made.record, {"name": "sft"})
    made.events.write_text(json.dumps(EVENT) + "\n")
    Screen(made).line("It is started again (1 of 2).")
    return made


def connect_to(other: JobHost) -> Any:
    address = Address("127.0.0.1", other.listener.port, other.identity)

    def connect(host: str, events: Events) -> TlsLink:
        # Its files are below the directory of the test, which the program gets as an argument.
        return TlsLink(host, address, other.keeper, COPY, events)

    return connect


def test_what_is_written_is_copied_once(own: Place, other: JobHost) -> None:
    there = other.place
    with contextlib.closing(Copies(own, ["gpu-02"], connect_to(other))) as copies:
        copies.flush(20)
        assert read_json(there.state)["attempt"] == "second" and read_json(there.record) == {"name": "sft"}
        assert there.screen.read_text() == own.screen.read_text()
        with own.events.open("a") as stream:
            stream.write(json.dumps({**EVENT, "at": 2.0, "kind": "ended"}) + "\n")
        copies.flush(20)
        assert there.events.read_text() == own.events.read_text()


def test_a_successor_knows_which_checkpoint_was_whole(own: Place, other: JobHost) -> None:
    known = Known("run-1", 12.5, "checkpoint-20", "checkpoint-10", True)
    write_known(own, known)
    assert TestAgent.copied(own, other.place) == ""
    assert read_known(other.place) == known


def test_a_manager_that_does_not_answer_is_not_waited_for(own: Place, other: JobHost) -> None:
    connect = connect_to(other)
    other.listener.close()
    with contextlib.closing(Copies(own, ["gpu-02"], connect)) as copies:
        copies.flush(5)
    assert not other.place.state.exists()


class TestAgent:
    @staticmethod
    def copied(own: Place, there: Place) -> str:
        answers: list[Any] = []
        agent = CopyAgent(there, answers.append)
        agent.handle({"do": "copy", "view": view(own, {}, 0.0)})
        return str(answers[0]["found"])

    def test_a_connection_that_is_made_anew_adds_nothing(self, own: Place, other: JobHost) -> None:
        for _time in range(2):
            assert self.copied(own, other.place) == ""
        assert other.place.events.read_text() == own.events.read_text()
        assert other.place.screen.read_text() == own.screen.read_text()

    @pytest.mark.parametrize(
        ("known", "expected"),
        [
            ({**STATE, "term": 4}, "This host has written of a newer turn itself."),
            ({**STATE, "term": 2}, ""),
            ({**STATE, "run": "run-0", "term": 9}, ""),
        ],
    )
    def test_an_older_turn_overwrites_nothing(
        self, own: Place, other: JobHost, known: dict[str, Any], expected: str
    ) -> None:
        write_json(other.place.state, known)
        assert self.copied(own, other.place) == expected
        assert read_json(other.place.state)["term"] == (4 if expected else 3)

    def test_another_run_is_not_mixed_with_this_one(self, own: Place, other: JobHost) -> None:
        write_json(other.place.keep, {**KEPT, "run": "run-2"})
        assert self.copied(own, other.place) == ""
        assert not other.place.state.exists() and not other.place.events.exists()

    @pytest.mark.parametrize("phase", ["following", "over"])
    def test_a_host_listens_no_longer_than_the_job_lasts(self, own: Place, other: JobHost, phase: str) -> None:
        write_json(own.state, {**STATE, "phase": phase})
        self.copied(own, other.place)
        assert other.place.released.exists() is (phase == "over")
