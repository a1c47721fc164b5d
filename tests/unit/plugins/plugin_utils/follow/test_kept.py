# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a keeper is given a job, and what of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.kept import address_of, is_given

FOLLOWING, OVER = {"phase": "following", "attempt": "a"}, {"phase": "over", "attempt": "a"}


@pytest.mark.parametrize(
    ("decision", "state", "attempt", "given"),
    [
        ("start", {}, None, True),
        ("start", OVER, "a", True),
        ("start", FOLLOWING, "a", False),
        ("follow", FOLLOWING, "a", False),
        # Between two attempts the hosts still know the one before.
        ("follow", {**FOLLOWING, "phase": "beginning"}, "b", False),
        ("follow", {}, "a", True),
        ("follow", OVER, "a", True),
        ("none", OVER, "a", False),
        ("none", OVER, "b", True),
        ("none", {}, "a", True),
    ],
)
def test_when_a_keeper_gets_the_job(decision: str, state: dict[str, Any], attempt: Any, given: bool) -> None:
    assert is_given({"decision": decision}, state, attempt) is given


def test_where_a_host_listens() -> None:
    ranks = [{"host": "gpu-01"}, {"host": "gpu-02"}]
    known = {"addresses": {"gpu-01": "10.0.0.1"}, "ranks": ranks}
    assert address_of(known, "gpu-01") == "10.0.0.1"
    assert address_of({"addresses": {}, "ranks": ranks[:1]}, "gpu-01") == "127.0.0.1"
    with pytest.raises(PlanError, match="The address of gpu-02 in the swarm is not known"):
        address_of(known, "gpu-02")
