# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which settings of NCCL's sockets are tried, which are chosen, and which a job gets."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.measurement import gather
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.table import tuning_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.tuning import TunedJob, choose, tuning_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.tuning import OF_NCCL, tuning_by_speed, tunings_of

KIB, MIB = 1 << 10, 1 << 20
FOUR = {"NCCL_SOCKET_NTHREADS": "4", "NCCL_NSOCKS_PERTHREAD": "4"}
TUNINGS = {"default": {}, "4x4": FOUR}
ADDRESSES = {"gpu-01": "192.0.2.11", "gpu-02": "192.0.2.12"}
CLUSTER = "gpu-01 (192.0.2.11), gpu-02 (192.0.2.12)"


def outcome(small: float, large: float, problem: str = "") -> dict[str, Any]:
    rows = [{"bytes": KIB, "seconds": small}, *({"bytes": MIB, "seconds": large * one} for one in (9.0, 1.0, 1.0))]
    return {"rows": rows, "versions": {}, "problem": problem}


def test_nothing_of_nccl_exceeds_its_limit() -> None:
    assert all(int(one["NCCL_SOCKET_NTHREADS"]) * int(one["NCCL_NSOCKS_PERTHREAD"]) <= 64 for one in OF_NCCL.values())


@pytest.mark.parametrize(
    ("backend", "environment", "wanted", "names"),
    [
        ("nccl", {}, {}, ["default", "1x4", "2x2", "4x4", "8x8", "default again"]),
        ("gloo", {}, {}, ["default"]),
        ("nccl", {"NCCL_IB_HCA": "=mlx5_0"}, {}, ["default"]),
        ("nccl", {"NCCL_NSOCKS_PERTHREAD": 2}, {}, ["default"]),
        (
            "gloo",
            {"A": 1},
            {"mine": {"B": 1}, "set already": {"A": 2}, "default": {"C": 1}},
            ["default", "mine", "default again"],
        ),
    ],
)
def test_what_is_tried(backend: str, environment: dict[str, Any], wanted: dict[str, Any], names: list[str]) -> None:
    tried = tunings_of(backend, environment, wanted)
    assert list(tried) == names
    assert tried["default"] == {} == tried.get("default again", {})
    assert all(isinstance(value, str) for one in tried.values() for value in one.values())


@pytest.mark.parametrize(
    ("tuned", "name", "gain"),
    [
        (outcome(1.8, 0.25), "4x4", 300.0),
        (outcome(0.1, 0.95), "default", 0.0),
        (outcome(0.1, 0.25, problem="rank 1 on gpu-02: it has no memory left"), "default", 0.0),
    ],
    ids=["large messages count", "a gain that may be chance", "one with a problem"],
)
def test_the_tuning_that_large_messages_gain_from_is_chosen(tuned: dict[str, Any], name: str, gain: float) -> None:
    found = choose({"default": outcome(1.0, 1.0), "4x4": tuned}, TUNINGS, MIB)
    assert (found["name"], found["gain_percent"], found["environment"]) == (name, gain, TUNINGS[name])
    assert list(found["problems"]) == (["4x4"] if tuned["problem"] else [])


def rounds(**seconds: list[float]) -> dict[str, Any]:
    """An outcome whose large messages took so long, by their size in MiB."""
    rows = [{"bytes": int(size[1:]) * MIB, "seconds": one} for size, values in seconds.items() for one in values]
    return {"rows": rows, "versions": {}, "problem": ""}


@pytest.mark.parametrize(
    ("tuned", "again", "name"),
    [
        (rounds(m4=[5.0, 5.1, 5.2], m64=[50, 51, 90]), rounds(m4=[9.0], m64=[100]), "4x4"),
        (rounds(m4=[1.0, 1.1, 1.2], m64=[110, 112, 115]), rounds(m4=[9.0], m64=[100]), "default"),
        (rounds(m4=[5.0, 5.1, 5.2], m64=[50, 51, 52]), rounds(m4=[5.0], m64=[49]), "default"),
        (rounds(m4=[5.0, 9.5, 9.5], m64=[50, 99, 99]), rounds(m4=[9.0], m64=[98]), "default"),
    ],
    ids=["a gain", "slower with the largest", "the default was as fast afterwards", "no more than one round differs"],
)
def test_what_may_be_chance_is_not_chosen(tuned: dict[str, Any], again: dict[str, Any], name: str) -> None:
    default = rounds(m4=[9.0, 9.2, 15.0], m64=[100, 102, 150])
    found = choose({"default": default, "4x4": tuned, "default again": again}, TUNINGS, MIB)
    assert found["name"] == name and list(found["sizes"][0]["seconds"]) == ["default", "4x4"]


def test_each_size_has_its_own_best_one() -> None:
    found = choose({"default": outcome(1.0, 1.0), "4x4": outcome(1.8, 0.25)}, TUNINGS, MIB)
    assert [(one["bytes"], one["best"], one["gain_percent"]) for one in found["sizes"]] == [
        (KIB, "default", 0.0),
        (MIB, "4x4", 300.0),
    ]
    lines = tuning_lines("overlay", found)
    assert lines[0].split() == ["overlay", "default", "4x4", "best"]
    assert lines[-1] == (
        "Over the overlay a job takes NCCL_SOCKET_NTHREADS=4, NCCL_NSOCKS_PERTHREAD=4: 300 % more bandwidth for large "
        "messages than the default."
    )


def test_a_network_that_carried_nothing_has_no_tuning() -> None:
    found = choose({"default": {"rows": [], "versions": {}, "problem": "no route"}}, TUNINGS, MIB)
    assert (found["name"], found["sizes"], tuning_lines("host", found)) == ("default", [], [])


def test_one_tried_alone_has_no_lines() -> None:
    assert tuning_lines("host", choose({"default": outcome(1.0, 1.0)}, {"default": {}}, MIB)) == []


def test_a_tuning_that_not_all_hosts_have_tried_is_left_out() -> None:
    one, other = {"default": outcome(1.0, 1.0), "4x4": outcome(1.0, 1.0)}, {"default": outcome(1.0, 1.0, "it broke")}
    gathered = gather([{"host": one}, {"host": other}], "host")
    assert {name: found["problem"] for name, found in gathered.items()} == {"default": "it broke"}


@pytest.mark.parametrize(("mbits", "values"), [(None, {}), (10_000, {}), (16_000, {}), (25_000, FOUR), (400_000, FOUR)])
def test_a_fast_link_gets_several_connections(mbits: int | None, values: dict[str, str]) -> None:
    assert tuning_by_speed(mbits) == values


def job(**changes: Any) -> TunedJob:
    return TunedJob(**{"addresses": ADDRESSES, "network": "overlay", "backend": "nccl", "mbits": 25_000, **changes})


def history(**changes: Any) -> dict[str, Any]:
    found = {"environment": {"NCCL_SOCKET_NTHREADS": "2"}, "gain_percent": 274.1}
    check = {"date": "2026-12-01", "backend": "nccl", "problems": [], "tunings": {"overlay": found}, **changes}
    return {"clusters": {CLUSTER: {"baseline": None, "latest": check}}}


def test_a_job_takes_what_its_network_check_has_found() -> None:
    found = tuning_of(job(), history())
    assert found["environment"] == {"NCCL_SOCKET_NTHREADS": "2"}
    assert found["reason"].startswith("the network check of 2026-12-01 measured 274.1 % more bandwidth")


@pytest.mark.parametrize(
    "kept",
    [
        {},
        history(backend="gloo"),
        history(problems=[{"network": "host"}]),
        history(tunings={}),
        {"clusters": {"other (192.0.2.11)": history()["clusters"][CLUSTER]}},
    ],
    ids=["none", "another backend", "not to its end", "of an older release", "other hosts"],
)
def test_without_a_check_of_these_hosts_the_speed_of_the_link_decides(kept: dict[str, Any]) -> None:
    found = tuning_of(job(), kept)
    assert found["environment"] == FOUR
    assert "a link of 25 Gbit/s" in found["reason"]
    assert tuning_of(job(mbits=10_000), kept) == {"environment": {}, "reason": ""}


@pytest.mark.parametrize(
    "changes",
    [
        {"backend": "gloo"},
        {"environment": {"NCCL_IB_HCA": "=mlx5_0"}},
        {"environment": {"NCCL_SOCKET_NTHREADS": 1}},
    ],
    ids=["on the CPU", "RDMA", "set by hand"],
)
def test_some_jobs_are_left_as_they_are(changes: dict[str, Any]) -> None:
    assert tuning_of(job(**changes), history()) == {"environment": {}, "reason": ""}
