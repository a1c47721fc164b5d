# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Managers that keep a job in turn, over a swarm that compares and swaps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import duty as duty_module
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import succession
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.duty import SwarmDuty
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.entry import Entry, given, taken, with_state
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.interruption import Superseded
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, read_json, write_json
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.state import State, read_state
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.succession import Succession
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.swarm import Outdated

MANAGERS = {"gpu-01": {"node": "a"}, "gpu-02": {"node": "b"}, "gpu-03": {"node": "c"}}
KEPT = {
    "run": "run-1",
    "attempt": "first",
    "phase": "beginning",
    "restarts": 0,
    "managers": MANAGERS,
    "hosts": {},
    "ranks": [],
    "keys": {},
}


class TooLong(Exception):
    """Nothing came of it."""


class Swarm:
    """The entry of one job, by the engine of the node C(own)."""

    def __init__(self, entry: Entry | None, leader: str = "a", own: str = "a") -> None:
        self.kept = replace(entry, identity="c1", version=1) if entry else None
        self.leader = leader
        self.own = own
        self.problems: list[str] = []
        self.before_write: Callable[[], None] = lambda: None

    def own_node(self) -> tuple[str, int]:
        return self.own, 3

    def managers(self) -> Sequence[dict[str, Any]]:
        nodes = [{"ID": one, "ManagerStatus": {"Reachability": "reachable"}} for one in "abc"]
        for node in nodes:
            node["ManagerStatus"] = {"Reachability": "reachable", "Leader": node["ID"] == self.leader}
        return nodes

    def entry(self, _place: Place) -> Entry | None:
        if self.problems:
            raise EngineError(self.problems.pop(0))
        return self.kept

    def write(self, _place: Place, entry: Entry) -> None:
        before, self.before_write = self.before_write, lambda: None
        before()
        if self.kept is None or entry.version != self.kept.version:
            raise Outdated("update out of sequence")
        self.kept = replace(entry, version=entry.version + 1)

    @property
    def known(self) -> Entry:
        assert self.kept is not None
        return self.kept


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place("llama-factory", "sft", str(tmp_path))
    made.make()
    write_json(made.keep, KEPT)
    return made


@pytest.fixture
def kept_by(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[State]]:
    """What each keeper finds that begins; it ends the job at once."""
    found: list[State] = []

    class Keeper:
        def __init__(self, of: Place, duty: SwarmDuty) -> None:
            self.duty = duty
            self.state = read_state(of, KEPT)

        def run(self) -> None:
            found.append(replace(self.state))
            self.state.phase = "over"
            self.state.outcome = {"outcome": "succeeded"}
            self.duty.commit(self.state)

    class NoCopies:
        def __init__(self, *_arguments: Any) -> None:
            self.flush = lambda: None

        def close(self) -> None:
            return

    monkeypatch.setattr(succession, "JobKeeper", Keeper)
    monkeypatch.setattr(succession, "Copies", NoCopies)
    yield found


def run(place: Place, swarm: Swarm, on_sleep: Callable[[int], None] = lambda _count: None) -> None:
    """Let a manager go on until the job is over, or nothing has come of it for some looks."""
    count = iter(range(1, 100))

    def sleep(_seconds: float) -> None:
        number = next(count)
        if number > 5:
            raise TooLong
        on_sleep(number)

    Succession(place, KEPT, swarm, sleep).run()  # type: ignore[arg-type]


def test_the_leader_takes_a_turn_and_keeps_the_job(place: Place, kept_by: list[State]) -> None:
    swarm = Swarm(given(None, "run-1"))
    run(place, swarm)
    assert [(one.attempt, one.keeper, one.term) for one in kept_by] == [("first", "gpu-01", 2)]
    assert (swarm.known.term, swarm.known.node, swarm.known.state["phase"]) == (2, "a", "over")
    assert read_json(place.state)["outcome"] == {"outcome": "succeeded"}


@pytest.mark.parametrize(
    "swarm",
    [
        Swarm(given(None, "run-1"), leader="b"),
        # It was not given whole yet.
        Swarm(None),
        # Another one was given to others meanwhile.
        Swarm(given(None, "run-2")),
        # It is no manager any more.
        Swarm(given(None, "run-1"), own=""),
    ],
)
def test_when_it_is_no_turn_of_this_host(place: Place, kept_by: list[State], swarm: Swarm) -> None:
    with pytest.raises(TooLong):
        run(place, swarm)
    assert not kept_by


def test_a_successor_goes_on_from_what_the_swarm_knows(place: Place, kept_by: list[State]) -> None:
    """What was copied to it beside that is of an older attempt."""
    copied = {
        "run": "run-1",
        "attempt": "second",
        "restarts": 1,
        "silence": {"longest_pause": 9.0},
        "announced": "second",
    }
    write_json(place.state, copied)
    state = State("third", "beginning", 2, "/app/output/checkpoint-5")
    swarm = Swarm(with_state(taken(given(None, "run-1"), "b"), state))
    run(place, swarm)
    (found,) = kept_by
    assert (found.attempt, found.phase, found.restarts, found.checkpoint) == (
        "third",
        "beginning",
        2,
        "/app/output/checkpoint-5",
    )
    assert (found.silence, found.announced, found.term) == ({}, "second", 3)


def test_what_was_learned_of_the_same_attempt_counts(place: Place, kept_by: list[State]) -> None:
    write_json(place.state, {"run": "run-1", "attempt": "third", "silence": {"longest_pause": 9.0}})
    run(place, Swarm(with_state(taken(given(None, "run-1"), "b"), State("third", "following", 2))))
    assert kept_by[0].silence == {"longest_pause": 9.0}


def test_of_two_that_want_a_turn_one_gets_it(place: Place, kept_by: list[State]) -> None:
    swarm = Swarm(given(None, "run-1"))

    def other() -> None:
        swarm.kept = replace(taken(swarm.known, "b"), version=swarm.known.version + 1)
        swarm.leader = "b"

    swarm.before_write = other
    with pytest.raises(TooLong):
        run(place, swarm)
    assert not kept_by and (swarm.known.node, swarm.known.term) == ("b", 2)


def test_a_swarm_without_a_leader_is_waited_for(place: Place, kept_by: list[State]) -> None:
    swarm = Swarm(given(None, "run-1"))
    swarm.problems = ["The swarm does not have a leader."] * 2
    run(place, swarm)
    assert len(kept_by) == 1


def test_the_end_of_the_job_is_known_to_every_manager(place: Place, kept_by: list[State]) -> None:
    over = State("third", "over", 2, outcome={"outcome": "succeeded"}, changed_at=7.0, keeper="gpu-02", term=4)
    run(place, Swarm(with_state(taken(given(None, "run-1"), "b"), over)))
    known = read_json(place.state)
    assert (known["phase"], known["changed_at"], known["term"]) == ("over", 7.0, 4)
    assert place.released.exists() and not kept_by


def test_a_request_to_stop_reaches_the_keeper_through_the_swarm(place: Place, kept_by: list[State]) -> None:
    write_json(place.stop, {})
    swarm = Swarm(taken(given(None, "run-1"), "b"), leader="b")
    with pytest.raises(TooLong):
        run(place, swarm)
    assert swarm.known.is_stopping


class TestDuty:
    """What a keeper may do in its turn."""

    @pytest.fixture
    def swarm(self) -> Swarm:
        return Swarm(taken(given(None, "run-1"), "a"))

    @pytest.fixture
    def warned(self) -> list[str]:
        return []

    @pytest.fixture
    def duty(
        self, place: Place, swarm: Swarm, warned: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[SwarmDuty]:
        monkeypatch.setattr(duty_module, "_LOOK_SECONDS", 0.02)
        monkeypatch.setattr(duty_module, "_AGAIN_SECONDS", 0.0)
        made = SwarmDuty(place, KEPT, swarm, swarm.known, "gpu-01", warned.append)  # type: ignore[arg-type]
        yield made
        made.close()

    def test_what_is_committed_is_in_the_swarm(self, duty: SwarmDuty, swarm: Swarm, place: Place) -> None:
        duty.commit(State("second", "beginning", 1))
        assert (swarm.known.state["attempt"], swarm.known.state["restarts"]) == ("second", 1)
        assert read_json(place.state)["attempt"] == "second"

    def test_nothing_is_committed_without_the_swarm(self, duty: SwarmDuty, swarm: Swarm, warned: list[str]) -> None:
        swarm.problems = ["The swarm does not have a leader."] * 3
        duty.commit(State("second"))
        assert swarm.known.state["attempt"] == "second" and len(warned) <= 1

    def test_a_request_to_stop_that_comes_in_between_loses_nothing(self, duty: SwarmDuty, swarm: Swarm) -> None:
        def stop() -> None:
            swarm.kept = replace(swarm.known, is_stopping=True, version=swarm.known.version + 1)

        swarm.before_write = stop
        duty.commit(State("second"))
        assert swarm.known.is_stopping and swarm.known.state["attempt"] == "second"

    def test_nothing_is_committed_after_its_turn(self, duty: SwarmDuty, swarm: Swarm, place: Place) -> None:
        swarm.kept = replace(taken(swarm.known, "b"), version=9)
        with pytest.raises(Superseded):
            duty.commit(State("second"))
        assert swarm.known.state == {} and not place.state.exists()

    def test_a_keeper_that_a_host_refuses_ends(self, duty: SwarmDuty) -> None:
        duty.check()
        duty.refused()
        with pytest.raises(Superseded):
            duty.check()

    @pytest.mark.parametrize("change", ["another turn", "another run", "no entry"])
    def test_it_notices_that_its_turn_is_over(self, duty: SwarmDuty, swarm: Swarm, change: str) -> None:
        entries: Mapping[str, Entry | None] = {
            "another turn": taken(swarm.known, "b"),
            "another run": given(swarm.known, "run-2"),
            "no entry": None,
        }
        swarm.kept = entries[change]
        assert wait_for(lambda: is_superseded(duty))

    def test_it_notices_that_the_job_is_to_end(self, duty: SwarmDuty, swarm: Swarm, place: Place) -> None:
        swarm.kept = replace(swarm.known, is_stopping=True)
        assert wait_for(place.stop.exists)
        duty.check()


def is_superseded(duty: SwarmDuty) -> bool:
    try:
        duty.check()
    except Superseded:
        return True
    return False


def wait_for(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()
