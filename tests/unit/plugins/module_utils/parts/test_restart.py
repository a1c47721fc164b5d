# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From which checkpoint a job goes on, what each host then lacks, and what is copied to its neighbour before."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.parts.copies import is_spread, plan_copies
from ansible_collections.distrain.cluster.plugins.module_utils.parts.holding import Held, Node, Place, held_by, nodes_of
from ansible_collections.distrain.cluster.plugins.module_utils.parts.restart import Transfer, choose, plan_transfers
from ansible_collections.distrain.cluster.plugins.module_utils.parts.verdict import judge_all
from ansible_collections.distrain.cluster.tests.unit.support.checkpoint_hosts import (
    COMMON,
    NODES,
    copies,
    held,
    layout,
    separate,
    shared,
    without_disk,
)

ONE, TWO = Place("gpu-01"), Place("gpu-02")
OF_ZERO = ("latest", "global_step40/mp_rank_00_model_states.pt", *COMMON)


def transfers(found: Sequence[Held], everywhere: bool = False) -> tuple[list[Transfer], list[Transfer]]:
    (verdict,) = judge_all(found, NODES)
    return plan_transfers(verdict, found, NODES, everywhere)


@pytest.mark.parametrize("kind", ["zero1", "zero2", "zero3", "fsdp", "plain"])
def test_on_shared_storage_nothing_is_brought_or_copied(kind: str) -> None:
    found = shared(kind, 40)
    (verdict,) = judge_all(found, NODES)
    assert plan_transfers(verdict, found, NODES) == ([], [])
    assert plan_copies(verdict, found, NODES) == [] and not is_spread(verdict, found, NODES)


def test_with_zero_each_host_keeps_its_parts_and_gets_what_the_first_rank_alone_writes() -> None:
    restored, brought = transfers(separate("zero2", 40))
    assert restored == []
    assert brought == [Transfer(ONE, ("gpu-02",), tuple(sorted(OF_ZERO)))]


def test_with_fsdp_each_host_gets_all_parts() -> None:
    _restored, brought = transfers(separate("fsdp", 40))
    assert {(one.source.host, one.hosts) for one in brought} == {("gpu-01", ("gpu-02",)), ("gpu-02", ("gpu-01",))}
    (back,) = [one.paths for one in brought if one.source == TWO]
    assert all(path.endswith(".distcp") for path in back) and len(back) == 4


def test_an_elastic_job_gets_all_parts_everywhere() -> None:
    _restored, brought = transfers(separate("zero2", 40), everywhere=True)
    (back,) = [one.paths for one in brought if one.source == TWO]
    assert len([path for path in back if "optim" in path]) == 2


@pytest.mark.parametrize(("host", "other", "number"), [("gpu-01", "gpu-02", 0), ("gpu-02", "gpu-01", 1)])
@pytest.mark.parametrize("kind", ["zero2", "zero3", "fsdp", "plain"])
def test_a_host_whose_disk_was_wiped_gets_its_parts_from_its_neighbour(
    kind: str, host: str, other: str, number: int
) -> None:
    restored, brought = transfers(without_disk([*separate(kind, 40), *copies(kind, 40)], host))
    (back,) = restored
    assert (back.source, back.hosts) == (Place(other, number), (host,))
    written = {name for name, rank in layout(kind, 40).items() if rank in NODES[number].ranks}
    assert set(back.paths) == written
    assert all(one.source.is_output for one in brought)


def test_a_host_that_was_replaced_by_another_one_gets_them_too() -> None:
    """The node keeps its number, by which its copies are known."""
    nodes = (NODES[0], Node("gpu-09", 1, range(2, 4)))
    found = without_disk([*separate("zero2", 40), *copies("zero2", 40)], "gpu-02")
    (verdict,) = judge_all(found, nodes)
    restored, brought = plan_transfers(verdict, found, nodes)
    assert [(one.source, one.hosts) for one in restored] == [(Place("gpu-01", 1), ("gpu-09",))]
    assert [(one.source, one.hosts) for one in brought] == [(ONE, ("gpu-09",))]


def test_ranks_that_changed_their_hosts_get_their_parts() -> None:
    nodes = (Node("gpu-02", 0, range(2)), Node("gpu-01", 1, range(2, 4)))
    found = separate("zero2", 40)
    (verdict,) = judge_all(found, nodes)
    _restored, brought = plan_transfers(verdict, found, nodes)
    assert {one.source.host: one.hosts for one in brought} == {"gpu-01": ("gpu-02",), "gpu-02": ("gpu-01",)}


def test_each_hosts_files_are_copied_to_the_next_one() -> None:
    found = separate("zero2", 40)
    (verdict,) = judge_all(found, NODES)
    assert [(one.number, one.source, one.dest, len(one.paths)) for one in plan_copies(verdict, found, NODES)] == [
        (0, "gpu-01", "gpu-02", 10),
        (1, "gpu-02", "gpu-01", 4),
    ]
    assert plan_copies(verdict, found, NODES)[1].bytes == 4 * 9
    assert is_spread(verdict, found, NODES)
    (alone,) = judge_all(separate("zero2", 40, [Node("gpu-01", 0, range(4))]), [Node("gpu-01", 0, range(4))])
    assert plan_copies(alone, found, [Node("gpu-01", 0, range(4))]) == []


@pytest.mark.parametrize(
    ("kind", "expected"), [("zero1", True), ("zero2", True), ("zero3", True), ("fsdp", True), ("plain", False)]
)
def test_a_checkpoint_is_spread_where_several_disks_are_needed(kind: str, expected: bool) -> None:
    found = separate(kind, 40)
    (verdict,) = judge_all(found, NODES)
    assert is_spread(verdict, found, NODES) is expected
    assert not is_spread(verdict, shared(kind, 40), NODES)


def test_a_job_goes_on_from_the_newest_whole_one() -> None:
    half = [held(ONE, ["model.safetensors"], 60)]
    chosen = choose(judge_all([*separate("plain", 40), *half], NODES))
    assert chosen.newest and chosen.newest.name == "checkpoint-40" and not chosen.refusal
    assert chosen.passed_over == ("checkpoint-60 is not whole: trainer_state.json is nowhere.",)


def test_what_was_whole_and_is_lost_is_not_begun_anew() -> None:
    chosen = choose(judge_all(without_disk(separate("zero2", 40), "gpu-02"), NODES))
    assert chosen.newest is None
    assert chosen.refusal.startswith(
        "checkpoint-40 was whole, and is not any more over all hosts: "
        "the optimizer's parts of ranks 2, 3 (host gpu-02) are nowhere. Bring them back"
    )


@pytest.mark.parametrize("found", [[], [held(ONE, ["model.safetensors"], 60)]])
def test_a_job_that_never_had_a_whole_one_begins_anew(found: Sequence[Held]) -> None:
    chosen = choose(judge_all(found, NODES))
    assert chosen.newest is None and chosen.refusal == ""


def test_what_an_agent_has_listed_is_read() -> None:
    listed = {
        "name": "checkpoint-4",
        "step": 4,
        "state_step": 4,
        "files": {"a": 1},
        "shards": ["b"],
        "cut": ["a"],
        "identity": "1:2:3",
        "written": 5.0,
        "changed": 6.0,
    }
    (output, copy) = held_by("gpu-01", {"output": [listed], "copies": {"3": [listed]}})
    assert (output.place, copy.place) == (ONE, Place("gpu-01", 3))
    assert output.whole == frozenset() and output.has_state and output.checkpoint.shards == {"b"}
    assert ONE.path_of("checkpoint-4") == "checkpoint-4"
    assert copy.place.path_of("checkpoint-4") == "copies/3/checkpoint-4"


def test_the_ranks_of_hosts_with_different_numbers_of_processes() -> None:
    ranks = [{"host": "b", "rank": 1, "processes": 2}, {"host": "a", "rank": 0, "processes": 3}]
    assert nodes_of(ranks) == [Node("a", 0, range(3)), Node("b", 1, range(3, 5))]
