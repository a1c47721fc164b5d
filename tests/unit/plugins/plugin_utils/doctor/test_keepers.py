# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the doctor finds about the service that keeps jobs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.keepers import find_keeper_problems
from ansible_collections.distrain.cluster.tests.unit.support.doctor_hosts import cluster, job

ONE, TWO, THREE = ALL = ("gpu-01", "gpu-02", "gpu-03")
ATTEMPT = job(ONE)["attempt"]
FAILED = {"active": False, "unit": {"load": "loaded", "state": "failed"}}
ABSENT = {"active": False, "unit": {"load": "not-found", "state": "inactive"}}


def kept(**changes: Any) -> dict[str, Any]:
    known = {"phase": "following", "hosts": list(ALL), "managers": [], "run": "1", "attempt": ATTEMPT, "term": 0}
    return {"sft": {"state": {**known, **changes}, "record": {}}}


def answer(jobs: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {"active": True, "unit": {"load": "loaded", "state": "active"}, "jobs": jobs or {}, **changes}


IN_TURN = kept(managers=list(ALL), term=3)
RUNNING = {"jobs": [job(ONE)]}


@pytest.mark.parametrize(
    ("keepers", "expected"),
    [
        ({ONE: answer(kept())}, []),
        ({ONE: answer(kept(), **FAILED)}, [(ONE, "error", "does not run (failed)")]),
        # It is watched by nobody there.
        ({ONE: answer(kept()), TWO: answer(**ABSENT)}, [(TWO, "error", "is not there")]),
        # Nobody needs it there.
        ({ONE: answer(kept(hosts=[ONE, TWO])), THREE: answer(**ABSENT)}, []),
        ({ONE: answer(kept(phase="over"), **FAILED)}, []),
        ({ONE: answer(kept(hosts=[ONE, "gpu-09"]))}, [("all", "error", "does not have: gpu-09")]),
        (dict.fromkeys(ALL, answer(IN_TURN)), []),
        ({ONE: answer(IN_TURN), TWO: answer(IN_TURN)}, [(THREE, "warning", "does not know the job sft")]),
        (
            {ONE: answer(IN_TURN), TWO: answer(IN_TURN), THREE: answer(kept(managers=list(ALL), run="0"))},
            [(THREE, "warning", "does not know the job sft")],
        ),
    ],
)
def test_what_is_found(keepers: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = list(
        find_keeper_problems(cluster({host: {"keeper": keepers.get(host, answer()), "jobs": {}} for host in ALL}))
    )
    assert [(one.host, one.severity) for one in found] == [one[:2] for one in expected]
    assert all(words in one.found and one.remedy for one, (*_where, words) in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("state", "is_found"),
    [
        ({}, True),
        (kept(), False),
        (kept(phase="over"), False),
        (kept(phase="over", attempt="another"), True),
    ],
)
def test_a_job_that_is_kept_by_nobody(state: dict[str, Any], is_found: bool) -> None:
    hosts = {host: {"keeper": answer(state if host == ONE else {}), "jobs": RUNNING} for host in ALL}
    found = [one.found for one in find_keeper_problems(cluster(hosts))]
    assert found == (["the job sft runs, and is kept by nobody"] if is_found else [])


def test_a_host_that_does_not_answer_may_be_the_keeper() -> None:
    hosts = {host: {"keeper": {} if host == ONE else answer(), "jobs": RUNNING} for host in ALL}
    assert not list(find_keeper_problems(cluster(hosts)))
