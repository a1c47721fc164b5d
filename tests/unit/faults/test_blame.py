# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each fault of a job says whom it must be blamed on, and is judged by that."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

sys.path.insert(0, str(ROOT))

from tests.faults import report
from tests.faults.case import Blamed, Entry
from tests.faults.job_cases import JOB_CASES
from tests.faults.job_judge import blamed

EVENTS: list[dict[str, Any]] = [
    {"kind": "started", "host": None, "rank": None, "text": "Job sft was started on 3 hosts."},
    {"kind": "finding", "host": "gpu-02", "rank": 1, "text": "Rank 1 of job sft on host gpu-02 ended."},
    {"kind": "ended", "host": "gpu-02", "rank": 1, "text": "Job sft has failed: gpu_memory."},
    {"kind": "ended", "host": None, "rank": None, "text": "Job sft has succeeded."},
]


def test_who_was_blamed_is_in_the_events() -> None:
    assert blamed(EVENTS) == Blamed("gpu-02", 1, "gpu_memory")
    assert blamed(EVENTS[-1:]) is None


@pytest.mark.parametrize(
    ("expected", "found", "is_wrong"),
    [
        (None, None, False),
        (None, Blamed("gpu-01", 0, "killed"), False),
        (Blamed("gpu-02", 1, "killed"), Blamed("gpu-02", 1, "killed"), False),
        (Blamed("gpu-02", 1, "killed|memory"), Blamed("gpu-02", 1, "memory"), False),
        (Blamed(kind="timeout"), Blamed("gpu-03", 2, "timeout"), False),
        (Blamed("gpu-02", 1, "killed"), Blamed("gpu-01", 0, "killed"), True),
        (Blamed("gpu-02", 1, "killed"), Blamed("gpu-02", 1, "connection_lost"), True),
        (Blamed("gpu-02", 1, "killed"), None, True),
    ],
)
def test_blame_is_judged(expected: Blamed | None, found: Blamed | None, is_wrong: bool) -> None:
    entry = Entry("case", "what", expected=expected, blamed=found)
    assert entry.is_wrongly_blamed is is_wrong
    assert report.summary([entry]) == f"false success: 0, wrong blame: {int(is_wrong)}"


def test_the_file_carries_both() -> None:
    entry = Entry("case", "what", expected=Blamed("gpu-02", 1, "killed"), blamed=Blamed("gpu-01", 0, "exited"))
    document = json.loads(json.dumps(entry.as_json()))
    assert document["expected"] == {"host": "gpu-02", "rank": 1, "kind": "killed"}
    assert document["blamed"] == {"host": "gpu-01", "rank": 0, "kind": "exited"}
    assert json.loads(json.dumps(Entry("case", "what").as_json()))["blamed"] is None


@pytest.mark.parametrize("case", [case for case in JOB_CASES if case.ends == "failed"], ids=lambda case: case.name)
def test_each_job_that_fails_has_somebody_to_blame(case: Any) -> None:
    assert case.blames
