# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restarts that reach no new checkpoint end the job; causes that come again with every attempt are not tried again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import RULES
from ansible_collections.distrain.cluster.plugins.module_utils.follow.attempts import with_attempt, without_progress
from ansible_collections.distrain.cluster.plugins.module_utils.follow.job_record import after_attempt, record_of
from ansible_collections.distrain.cluster.plugins.module_utils.follow.restarts import restarts, starts_again
from ansible_collections.distrain.cluster.tests.unit.support.job_hostvars import RANKS, SAID, job, seen

KILLED = {"outcome": "failed", "finding": "killed", "retryable": True, "failed_host": "gpu-02"}
AGAIN_AND_AGAIN = {
    "import_error",
    "wrong_setting",
    "no_command",
    "missing_path",
    "gpu_memory",
    "memory",
    "shared_memory",
    "disk_full",
    "port_taken",
}


def tried(*checkpoints: str | None, **more: Any) -> list[dict[str, Any]]:
    usual = {"cause": "killed", "host": "gpu-02", "rank": 1, "step": 6}
    return [{**usual, "attempt": str(number), "checkpoint": name, **more} for number, name in enumerate(checkpoints)]


FIVE, TEN = "checkpoint-5", "checkpoint-10"
ALIKE = "ended alike: killed (rank 1 on host gpu-02), each after step 6"


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        (tried(), ""),
        (tried(""), ""),
        (tried("", "", ""), ""),
        (
            tried("", "", "", ""),
            "3 restarts in a row reached no new checkpoint, and there is none at all. All 4 attempts " + ALIKE,
        ),
        (
            tried(FIVE, FIVE, FIVE, FIVE),
            "3 restarts in a row reached no new checkpoint, after checkpoint-5. All 4 attempts " + ALIKE,
        ),
        (tried("", FIVE, FIVE, FIVE), ""),
        (tried(FIVE, FIVE, FIVE, TEN), ""),
        (tried(FIVE, FIVE, TEN, TEN, TEN), ""),
        (tried(FIVE, TEN, TEN, FIVE, FIVE), "3 restarts in a row reached no new checkpoint, after checkpoint-5. All 4"),
        (tried(FIVE, FIVE, None, FIVE), ""),
        (tried(None, None, None, None), ""),
        (tried("x", "x", "x", "x"), ""),
    ],
    ids=[
        "nothing",
        "the first attempt",
        "two restarts",
        "three without any",
        "three",
        "two since one",
        "a new one at last",
        "two since another",
        "one was lost",
        "not known in between",
        "never known",
        "no name of one",
    ],
)
def test_three_restarts_without_a_new_checkpoint(attempts: list[dict[str, Any]], said: str) -> None:
    found = without_progress(attempts)
    assert found.startswith(said) and bool(found) == bool(said)


@pytest.mark.parametrize(
    ("more", "common"),
    [
        ([{}, {}, {}, {"step": 7}], "All 4 attempts ended alike: killed (rank 1 on host gpu-02), after steps 6 to 7"),
        ([{}, {}, {}, {"step": None}], "All 4 attempts ended alike: killed (rank 1 on host gpu-02)"),
        (
            [{}, {}, {}, {"host": "gpu-01", "rank": 0}],
            "All 4 attempts ended with killed, on different ranks, each after",
        ),
        (
            [{}, {}, {}, {"cause": "hang", "rank": None}],
            "The 4 attempts ended differently: killed (rank 1 on host gpu-02), hang, each after step 6",
        ),
    ],
)
def test_what_the_attempts_had_in_common(more: list[dict[str, Any]], common: str) -> None:
    attempts = [{**one, **different} for one, different in zip(tried(FIVE, FIVE, FIVE, FIVE), more, strict=True)]
    assert common in without_progress(attempts)


def test_an_attempt_is_kept_once() -> None:
    one, other = tried("", FIVE)
    assert with_attempt([one, other], {**other, "checkpoint": TEN}) == [one, {**other, "checkpoint": TEN}]


def test_the_causes_that_come_again_are_not_tried_again() -> None:
    assert {rule.kind for rule in RULES if rule.retryable} & AGAIN_AND_AGAIN == set()
    assert {rule.kind for rule in RULES} >= AGAIN_AND_AGAIN


def test_a_job_is_started_again_while_it_makes_progress() -> None:
    assert starts_again(KILLED, 2, 9, "")
    assert not starts_again(KILLED, 9, 9, "")
    assert not starts_again(KILLED, 2, 9, "3 restarts in a row ...")
    assert not starts_again({**KILLED, "retryable": False}, 2, 9, "")
    assert not starts_again({"outcome": "succeeded"}, 2, 9, "")
    assert not starts_again({}, 2, 9, "")
    assert restarts(KILLED, 3, 9, "3 in a row. All")["note"] == "not restarted (3 of 9 restarts used): 3 in a row. All"


def test_the_record_counts_the_attempts_of_one_run() -> None:
    kept: dict[str, Any] = {}
    for number in range(4):
        jobs = [job(rank, attempt=str(number), state="failed", ended=130.0) for rank in (0, 1)]
        said = {**SAID, "is_restart": number > 0}
        record = record_of(said, RANKS, seen(*jobs), kept)
        kept, again = after_attempt(record, {**KILLED, "failed_host": "b"}, {"newest": FIVE}, number, 9)
        assert again == (number < 3)
    assert [one["attempt"] for one in kept["attempts"]] == ["0", "1", "2", "3"]
    assert kept["attempts"][0]["rank"] == 1 and kept["attempts"][0]["checkpoint"] == FIVE
    assert "3 restarts in a row reached no new checkpoint, after checkpoint-5" in kept["restarts"]["note"]
    once_more = record_of({**SAID, "is_restart": False}, RANKS, seen(job(0, attempt="4"), job(1, attempt="4")), kept)
    assert once_more["attempts"] == []
    assert after_attempt(once_more, {}, {}, 0, 9) == (once_more, False)
