# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is kept of a network check: the conditions, the versions, and what it was compared with."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.history import add
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.measurement import outcome
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.result import conditions, result_of

RANKS = ["gpu-01", "gpu-02"]
MIB = 1 << 20
FABRIC = {"data_path_addrs": {"gpu-01": "192.0.2.11", "gpu-02": "192.0.2.12", "gpu-03": "192.0.2.13"}}
ARGUMENTS = {
    "image": "distrain/trainer:1",
    "overlay": "distrain",
    "networks": ["overlay", "host"],
    "large_bytes": MIB,
    "overlay_cost_percent": 20,
    "regression_percent": 30,
}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"OOMKilled": True, "ExitCode": 137}, "was killed for memory"),
        ({"Running": True, "Paused": True}, "has not ended"),
        ({"Running": False, "ExitCode": 2}, "ended with exit code 2"),
        ({}, "is gone"),
    ],
)
def test_a_container_that_wrote_nothing_is_a_problem(state: dict[str, Any], words: str) -> None:
    assert outcome("", "gpu-02", state)["default"]["problem"] == f"the container on gpu-02 {words} and left no result"


def test_the_result_has_its_conditions_and_what_it_was_compared_with() -> None:
    found = {"rows": [{"bytes": MIB, "seconds": 1.0}], "versions": {"torch": "2.13.0"}, "problem": ""}
    facts = {"kernel": "6.12", "engine": {"version": "26.1.5"}}

    def check(history: dict[str, Any], backend: str = "gloo") -> dict[str, Any]:
        return result_of(
            outcomes={host: {key: {"default": found} for key in ("overlay", "host")} for host in RANKS},
            decision={"tunings": {key: {"default": {}} for key in ("overlay", "host")}},
            about=conditions({"ranks": RANKS, "backend": backend}, ARGUMENTS, "today"),
            observed=dict.fromkeys(RANKS, facts),
            fabric={**FABRIC, "job_network": "overlay"},
            arguments=ARGUMENTS,
            history=history,
        )

    first = check({})
    assert first["cluster"] == "gpu-01 (192.0.2.11), gpu-02 (192.0.2.12)"
    assert first["versions"] == {"torch": "2.13.0"}
    assert first["hosts"][1] == {"host": "gpu-02", "address": "192.0.2.12", "kernel": "6.12", "engine": "26.1.5"}
    assert (first["compared_with"], first["not_compared"]) == ("", "")
    history = add({}, first["cluster"], first, False)
    assert check(history)["compared_with"] == "today"
    assert check(history, "nccl")["not_compared"] == "backend: gloo then, nccl now"
