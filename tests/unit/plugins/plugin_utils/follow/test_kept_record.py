# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of a job on the controller, whole or damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow import job_record as job_record_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.kept_record import (
    KeptRecord,
    put_aside,
    read_record,
    record_in,
    write_record,
)
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


def test_a_record_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(RECORD))
    assert read_record(tmp_path / "job.json") == KeptRecord(RECORD)


def test_a_record_that_is_not_there_is_no_problem(tmp_path: Path) -> None:
    assert read_record(tmp_path / "job.json") == KeptRecord()


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
    assert read_record(tmp_path / "job.json") == KeptRecord({}, problem)


def test_a_record_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read_record(tmp_path)


def test_a_damaged_record_is_put_aside_beside_those_before(tmp_path: Path) -> None:
    path = tmp_path / "sft" / "job.json"
    write_record(path, RECORD)
    assert read_record(path) == KeptRecord(RECORD) and path.stat().st_mode & 0o777 == 0o600
    for content in ("first", "second"):
        path.write_text(content)
        put_aside(path)
    assert not path.exists() and (tmp_path / "sft" / "job.json.corrupt").read_text() == "second"
    assert sorted(one.read_text() for one in path.parent.iterdir()) == ["first", "second"]


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
