# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of a job on the controller, whole or damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.distrain.cluster.plugins.lookup.kept_job_record import LookupModule
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow import job_record as job_record_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.kept_record import record_in
from ansible_collections.distrain.cluster.tests.unit.support.json_values import JSON, TEXT
from hypothesis import given
from hypothesis import strategies as st

RECORD = {"attempt": "monday", "outcome": "running", "hosts": [{"host": "gpu-01", "rank": 0}]}
JOB = {
    "state": "succeeded",
    "attempt": "monday",
    "exit_code": 0,
    "rank": 0,
    "world_size": 1,
    "ended": 3.0,
    "started": 1.0,
}


def look(path: Path) -> dict[str, Any]:
    (found,) = LookupModule().run([str(path)])
    return found


def test_a_record_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(RECORD))
    assert look(tmp_path / "job.json") == {"record": RECORD, "problem": ""}


def test_a_record_that_is_not_there_is_no_problem(tmp_path: Path) -> None:
    assert look(tmp_path / "job.json") == {"record": {}, "problem": ""}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b'{"attempt": "mon', "is no JSON"),
        (b"\0" * 4096, "is no JSON"),
        (b"\xff\xfe{}", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[1]", "holds no record of a job"),
        (b"{}", "holds no record of a job"),
        (b'{"hosts": []}', "holds no record of a job"),
        (b'{"hosts": ["gpu-01"]}', "holds no record of a job"),
        (b'{"hosts": [{"host": 1}]}', "holds no record of a job"),
    ],
)
def test_a_damaged_record_is_none(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "job.json").write_bytes(content)
    assert look(tmp_path / "job.json") == {"record": {}, "problem": problem}


def test_a_record_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnsibleLookupError, match="cannot be read on the controller: Is a directory"):
        look(tmp_path)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_stands_there_is_a_record_or_a_problem(content: bytes) -> None:
    kept = record_in(content)
    assert bool(kept.record) != bool(kept.problem)


@given(st.dictionaries(st.sampled_from([*RECORD, "launcher"]) | TEXT, JSON))
def test_whatever_a_record_holds_it_can_be_closed(more: dict[str, Any]) -> None:
    kept = record_in(json.dumps({**RECORD, **more}).encode())
    if kept.record:
        hosts = {one["host"]: JOB for one in kept.record["hosts"]}
        assert job_record_plan.close(kept.record, hosts)["hosts"] == kept.record["hosts"]
        assert job_record_plan.of_attempt({"attempt": "monday"}, kept.record)
