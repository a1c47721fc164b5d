# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All shards together are all cases, and what a shard wrote is read as it was."""

from __future__ import annotations

import json
import sys

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

sys.path.insert(0, str(ROOT))

from tests.faults import __main__ as faults
from tests.faults import shards
from tests.faults.case import Blamed, Entry
from tests.faults.cases import CASES


@pytest.mark.parametrize("count", [1, 2, 5, 200])
def test_shards_are_all_cases_once(count: int) -> None:
    names = [case.name for number in range(1, count + 1) for case in faults.of_shard(CASES, number, count)]
    assert sorted(names) == sorted(case.name for case in CASES)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", ""])
def test_a_shard_that_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        faults.shard(text)


def test_a_shard() -> None:
    assert faults.shard("2/5") == (2, 5)


@pytest.mark.parametrize(
    "entry",
    [
        Entry("a", "what", said="no", seconds_to_say=1.5, holds=True, seconds=2),
        Entry("b", "what", blamed=Blamed("gpu-01", 0, "killed"), expected=Blamed("gpu-02", 1, "killed")),
    ],
)
def test_entries_are_read_as_they_were(entry: Entry) -> None:
    assert shards.read_entry(json.loads(json.dumps(entry.as_json()))) == entry
