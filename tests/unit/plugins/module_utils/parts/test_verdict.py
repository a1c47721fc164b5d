# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a checkpoint is whole over all hosts together, by planted listings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.parts.holding import Held, Node, Place
from ansible_collections.distrain.cluster.plugins.module_utils.parts.verdict import judge_all
from ansible_collections.distrain.cluster.tests.unit.support.checkpoint_hosts import (
    NODES,
    SAVED_AT,
    changed,
    copies,
    held,
    separate,
    shared,
    without_disk,
)

KINDS = ("zero1", "zero2", "zero3", "fsdp", "plain")
OPTIMIZER = "global_step40/bf16_zero_pp_rank_{}_mp_rank_00_optim_states.pt"
SECOND = OPTIMIZER.format(2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("planted", [separate, shared])
def test_the_parts_of_all_hosts_together_are_whole(kind: str, planted: Callable[[str, int], list[Held]]) -> None:
    (verdict,) = judge_all(planted(kind, 40), NODES)
    assert (verdict.name, verdict.step, verdict.problems, verdict.needs_copies) == ("checkpoint-40", 40, (), False)
    assert verdict.written == SAVED_AT + 40


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["gpu-01", "gpu-02"])
def test_with_copies_the_loss_of_any_disk_loses_nothing(kind: str, host: str) -> None:
    (verdict,) = judge_all(without_disk([*separate(kind, 40), *copies(kind, 40)], host), NODES)
    assert verdict.is_whole and verdict.needs_copies
    assert {place.host for place in verdict.sources.values()} == {"gpu-01", "gpu-02"} - {host}


@pytest.mark.parametrize(
    ("kind", "host", "problems"),
    [
        ("zero1", "gpu-02", ("the optimizer's parts of ranks 2, 3 (host gpu-02) are nowhere",)),
        ("zero2", "gpu-02", ("the optimizer's parts of ranks 2, 3 (host gpu-02) are nowhere",)),
        (
            "zero3",
            "gpu-02",
            (
                "the optimizer's parts of ranks 2, 3 (host gpu-02) are nowhere",
                "the model's parts of ranks 2, 3 (host gpu-02) are nowhere",
            ),
        ),
        (
            "zero2",
            "gpu-01",
            (
                "trainer_state.json is nowhere",
                "the optimizer's parts of ranks 0, 1 (host gpu-01) are nowhere",
                "global_step40/mp_rank_00_model_states.pt is nowhere",
                "latest is nowhere",
            ),
        ),
        (
            "fsdp",
            "gpu-02",
            tuple(
                f"{directory}/__{rank}_0.distcp (host gpu-02) is nowhere"
                for directory in ("optimizer_0", "pytorch_model_fsdp_0")
                for rank in (2, 3)
            ),
        ),
        (
            "fsdp",
            "gpu-01",
            (
                "trainer_state.json is nowhere",
                "optimizer_0/.metadata is nowhere",
                "pytorch_model_fsdp_0/.metadata is nowhere",
            ),
        ),
        ("plain", "gpu-02", ()),
        ("plain", "gpu-01", ("trainer_state.json is nowhere",)),
    ],
)
def test_without_copies_what_is_nowhere_is_named(kind: str, host: str, problems: tuple[str, ...]) -> None:
    (verdict,) = judge_all(without_disk(separate(kind, 40), host), NODES)
    assert verdict.problems == problems or (problems == () and verdict.is_whole)
    assert verdict.was_whole


@pytest.mark.parametrize(
    ("found", "problems"),
    [
        pytest.param(
            [separate("zero2", 40)[0], changed(separate("zero2", 40)[1], cut=[OPTIMIZER.format(3)])],
            ("the optimizer's part of rank 3 (host gpu-02) is half-written on gpu-02",),
            id="a part without its end",
        ),
        pytest.param(
            [separate("zero2", 40)[0], changed(separate("zero2", 40)[1], {OPTIMIZER.format(3): 0})],
            ("the optimizer's part of rank 3 (host gpu-02) is half-written on gpu-02",),
            id="an empty part",
        ),
        pytest.param(
            [
                *without_disk(separate("zero2", 40), "gpu-02"),
                changed(held(Place("gpu-01", 1), [SECOND, OPTIMIZER.format(3)], 40), {SECOND: 5}),
                held(Place("gpu-03"), [SECOND], 40),
            ],
            (f"{SECOND} of rank 2 (host gpu-02) has different sizes (9 bytes on gpu-03, 5 bytes on gpu-01)",),
            id="two sizes, and the rank's own host has none",
        ),
        pytest.param(
            [*separate("zero2", 40), changed(copies("zero2", 40)[1], {SECOND: 5})],
            (),
            id="an older copy beside the rank's own part",
        ),
    ],
)
def test_what_is_half_written_or_in_doubt_is_not_whole(found: Sequence[Held], problems: tuple[str, ...]) -> None:
    (verdict,) = judge_all(found, NODES)
    assert verdict.problems == problems


def test_a_half_written_checkpoint_was_never_whole() -> None:
    first, second = separate("zero2", 40)
    files = [name for name in first.checkpoint.files if name != "trainer_state.json"]
    (verdict,) = judge_all([held(Place("gpu-01"), files, 40), second], NODES)
    assert verdict.problems == ("trainer_state.json is nowhere",)
    assert not verdict.was_whole
    (known,) = judge_all([held(Place("gpu-01"), files, 40), second], NODES, known_whole="checkpoint-40")
    assert known.was_whole


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        (
            (Node("gpu-01", 0, range(2)), Node("gpu-02", 1, range(2, 3))),
            "it lacks as many processes as the job has: it was written by at least 4, and the job has 3",
        ),
        (
            (Node("gpu-01", 0, range(4)), Node("gpu-02", 1, range(4, 8))),
            "the optimizer's parts of ranks 4, 5, 6, 7 (host gpu-02) are nowhere",
        ),
    ],
)
def test_another_number_of_processes_is_refused(nodes: tuple[Node, ...], problem: str) -> None:
    (verdict,) = judge_all(separate("zero2", 40), nodes)
    assert problem in verdict.problems
    (of_fsdp,) = judge_all(separate("fsdp", 40), nodes)
    assert of_fsdp.is_whole


def test_the_newest_is_the_first_and_half_written_ones_are_passed_over() -> None:
    found = [*separate("zero2", 40), *separate("zero2", 100), separate("zero2", 60)[1]]
    assert [(one.name, one.is_whole) for one in judge_all(found, NODES)] == [
        ("checkpoint-100", True),
        ("checkpoint-60", False),
        ("checkpoint-40", True),
    ]


def test_what_is_of_an_earlier_run_does_not_count() -> None:
    since = SAVED_AT + 50
    assert judge_all([*separate("zero2", 40), *copies("zero2", 40)], NODES, since) == []
    # This run writes over what an earlier one has left, and was not done with it.
    begun = [replace(one, checkpoint=replace(one.checkpoint, changed=since + 5)) for one in separate("zero2", 40)]
    (verdict,) = judge_all(begun, NODES, since)
    assert verdict.problems[0] == "trainer_state.json is half-written on gpu-01" and not verdict.was_whole


def test_a_rank_that_moved_finds_its_part_where_it_was() -> None:
    nodes = (Node("gpu-02", 0, range(2)), Node("gpu-01", 1, range(2, 4)))
    (verdict,) = judge_all(separate("zero2", 40), nodes)
    assert verdict.is_whole and verdict.sources[OPTIMIZER.format(0)] == Place("gpu-01")
