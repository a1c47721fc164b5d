# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which manager keeps a job, and its entry in the swarm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.entry import (
    Entry,
    entry_in,
    given,
    keeping_node,
    labels_of,
    taken,
    with_state,
)
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.state import State


def manager(node: str, reachability: str = "reachable", leader: bool = False) -> dict[str, Any]:
    return {"ID": node, "ManagerStatus": {"Reachability": reachability, **({"Leader": True} if leader else {})}}


LEADER_A = [manager("a", leader=True), manager("b"), manager("c")]
A_IS_GONE = [manager("a", "unreachable"), manager("b"), manager("c", leader=True)]


@pytest.mark.parametrize(
    ("managers", "able", "expected"),
    [
        (LEADER_A, "abc", "a"),
        (A_IS_GONE, "abc", "c"),
        # The leader does not know the job: the first that does and is reached.
        (LEADER_A, "bc", "b"),
        ([manager("a", leader=True), manager("b", "unreachable"), manager("c")], "bc", "c"),
        (LEADER_A, "", ""),
        (LEADER_A, "x", ""),
        ([], "abc", ""),
        # A node that is no manager any more.
        ([{"ID": "a"}, manager("b", leader=True)], "a", ""),
    ],
)
def test_who_keeps_a_job(managers: list[dict[str, Any]], able: str, expected: str) -> None:
    assert keeping_node(managers, set(able)) == expected


def config_of(entry: Entry) -> dict[str, Any]:
    return {"ID": "c1", "Version": {"Index": 7}, "Spec": {"Labels": labels_of(entry, "llama-factory", "sft")}}


@pytest.mark.parametrize(
    "entry",
    [
        Entry("run-1"),
        Entry("run-1", 3, "a", {"phase": "following", "restarts": 2}),
        Entry("run-1", 3, "a", is_stopping=True),
    ],
)
def test_labels_say_what_the_entry_does(entry: Entry) -> None:
    assert entry_in(config_of(entry)) == replace(entry, identity="c1", version=7)


@pytest.mark.parametrize("damage", [{"term": "x"}, {"state": "{"}])
def test_an_entry_that_was_damaged_is_that_of_no_run(damage: dict[str, str]) -> None:
    config = config_of(Entry("run-1", 3, "a"))
    config["Spec"]["Labels"] |= {f"io.distrain.keeper.{name}": value for name, value in damage.items()}
    assert entry_in(config) == Entry("", identity="c1", version=7)


def test_each_turn_has_a_greater_number_also_over_runs() -> None:
    first = given(None, "run-1")
    assert (first.term, first.node) == (1, "")
    mine = taken(first, "a")
    again = given(with_state(mine, State("x", restarts=2)), "run-2")
    assert (mine.term, mine.node, again.term, again.node, again.state) == (2, "a", 3, "", {})


def test_what_was_learned_of_a_job_is_not_kept_in_the_swarm() -> None:
    entry = with_state(Entry("run-1"), State("x", restarts=2, silence={"longest_pause": 9.0}, announced="x"))
    assert entry.state["restarts"] == 2
    assert not {"silence", "announced"} & set(entry.state)
