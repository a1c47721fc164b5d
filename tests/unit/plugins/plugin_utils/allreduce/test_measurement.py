# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the network check concludes from its figures, and what it keeps of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce import measurement as allreduce_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.history import add, difference
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.table import failure_message, measurement_lines

LIMITS = allreduce_plan.Limits(large_bytes=1 << 20, overlay_cost_percent=20, regression_percent=30)
RANKS = ["gpu-01", "gpu-02"]
KIB, MIB = 1 << 10, 1 << 20
ADDRESSES = {"gpu-01": "192.0.2.11", "gpu-02": "192.0.2.12"}


def outcome(*figures: tuple[int, float], problem: str = "") -> dict[str, Any]:
    rows = [{"bytes": size, "seconds": seconds, "repetitions": 3} for size, seconds in figures]
    return {"rows": rows, "versions": {"torch": "2.13.0"}, "problem": problem}


def judge(overlay: dict[str, Any] | None, host: dict[str, Any] | None, **changes: Any) -> dict[str, Any]:
    measured = {name: one for name, one in (("overlay", overlay), ("host", host)) if one}
    wanted = {"ranks": RANKS, "job_network": "overlay", "limits": LIMITS, "baseline": None, **changes}
    return {**allreduce_plan.judge(measured, **wanted), "tunings": {}, "compared_with": "", "not_compared": ""}


def test_the_bus_carries_more_than_the_algorithm_with_more_than_two_ranks() -> None:
    (two,) = allreduce_plan.table({"host": outcome((MIB, 0.5))}, 2)
    (four,) = allreduce_plan.table({"host": outcome((MIB, 0.5))}, 4)
    assert two["host"] == {"seconds": 0.5, "algorithm": 2 * MIB, "bus": 2 * MIB}
    assert four["host"]["bus"] == pytest.approx(2 * MIB * 1.5)


def test_the_median_of_the_rounds_counts() -> None:
    (row,) = allreduce_plan.table({"overlay": outcome((MIB, 9.0), (MIB, 1.0), (MIB, 2.0))}, 2)
    assert row["overlay"]["seconds"] == 2.0
    assert row["host"] is None
    assert row["ratio"] is None


@pytest.mark.parametrize(
    ("seconds", "now", "network", "reason", "remedy"),
    [
        (1.1, "overlay", "overlay", "the overlay costs large messages 9.1 %", ""),
        (2.0, "overlay", "host", "50 % of their bandwidth, more than the 20 %", "Set fabric_job_network: host"),
        (2.0, "host", "host", "50 %", ""),
        (1.1, "host", "overlay", "9.1 %", "Set fabric_job_network: overlay"),
        (0.8, "overlay", "overlay", "25 % more bandwidth", ""),
    ],
)
def test_the_overlay_is_judged_by_large_messages(
    seconds: float, now: str, network: str, reason: str, remedy: str
) -> None:
    # Ten times slower for small ones, which says nothing about bandwidth.
    verdict = judge(outcome((KIB, 10.0), (MIB, seconds)), outcome((KIB, 1.0), (MIB, 1.0)), job_network=now)
    assert verdict["network"] == network
    assert reason in verdict["reason"]
    assert verdict["remedy"].startswith(remedy) if remedy else not verdict["remedy"]


def test_without_large_messages_the_largest_counts() -> None:
    verdict = judge(outcome((4, 9.0), (KIB, 2.0)), outcome((4, 1.0), (KIB, 1.0)))
    assert verdict["overlay_cost_percent"] == 50


@pytest.mark.parametrize(
    ("overlay", "host", "network", "said"),
    [
        ("rank 1 on gpu-02 did not arrive", "", "host", "Set fabric_job_network: host"),
        ("", "rank 1 on gpu-02 did not arrive", "overlay", "only over the overlay did all of it come to its end"),
        ("rank 1 on gpu-02 did not arrive", "the same", "", "over neither network"),
    ],
)
def test_a_network_that_does_not_carry_is_named(overlay: str, host: str, network: str, said: str) -> None:
    verdict = judge(outcome((MIB, 1.0), problem=overlay), outcome((MIB, 1.0), problem=host))
    assert verdict["network"] == network
    message = failure_message(verdict)
    assert said in message
    assert "rank 1 on gpu-02 did not arrive" in message


def test_what_is_no_fault_of_the_network_recommends_no_other_one() -> None:
    shared_memory = (
        "rank 0 on gpu-01: the first all-reduce failed (NCCL error in: x.cpp:1, unhandled system error Last error: "
        "Error while creating shared memory segment /dev/shm/nccl-a1b2 (size 9637888), error: No space left on device)"
    )
    verdict = judge(outcome((MIB, 1.0), problem=shared_memory), outcome((MIB, 1.0)))
    assert (verdict["network"], verdict["remedy"]) == ("", "")
    assert "another reason than its network" in verdict["reason"]
    assert "/dev/shm/nccl-a1b2" in failure_message(verdict)


def test_one_network_alone_is_no_reason_to_change() -> None:
    verdict = judge(outcome((MIB, 1.0)), None)
    assert (verdict["network"], verdict["remedy"], verdict["overlay_cost_percent"]) == ("overlay", "", None)


def test_a_regression_is_named_with_its_size_and_both_figures() -> None:
    before = judge(outcome((KIB, 1.0), (MIB, 1.0)), outcome((KIB, 1.0), (MIB, 1.0)))
    verdict = judge(outcome((KIB, 1.2), (MIB, 2.0)), outcome((KIB, 1.0), (MIB, 0.5)), baseline=before)
    assert verdict["regressions"] == [
        {"network": "overlay", "bytes": MIB, "before": MIB, "now": MIB / 2, "percent": 50.0}
    ]
    verdict["compared_with"] = "2026-01-31T12:00:00+00:00"
    message = failure_message(verdict)
    assert "1 MiB over the overlay: 524.29 kB/s on the bus now, 1.05 MB/s in the baseline (50 % less)." in message
    assert "Since the baseline of 2026-01-31T12:00:00+00:00" in message
    assert "network_check_baseline=replace" in message


def test_what_did_not_come_to_its_end_is_not_compared() -> None:
    before = judge(outcome((MIB, 1.0)), outcome((MIB, 1.0)))
    verdict = judge(outcome((MIB, 9.0), problem="rank 1 on gpu-02 stopped answering"), None, baseline=before)
    assert verdict["regressions"] == []


def test_nothing_wrong_has_no_message() -> None:
    assert failure_message(judge(outcome((MIB, 1.0)), outcome((MIB, 1.0)))) == ""


def test_a_baseline_stays_until_it_is_replaced() -> None:
    first, second = ({"date": date, "problems": []} for date in ("first", "second"))
    broken = {"date": "broken", "problems": [{}]}
    assert add({}, "a", broken, replace=True)["clusters"]["a"] == {"baseline": None, "latest": broken}
    history = add({}, "a", first, replace=False)
    assert add(history, "a", second, replace=False)["clusters"]["a"] == {"baseline": first, "latest": second}
    assert add(history, "a", second, replace=True)["clusters"]["a"] == {"baseline": second, "latest": second}
    assert add(history, "b", second, replace=False)["clusters"]["a"] == {"baseline": first, "latest": first}
    assert add(history, "a", broken, replace=True)["clusters"]["a"] == {"baseline": first, "latest": broken}


def test_other_ranks_are_not_compared() -> None:
    now = {"ranks": ["a", "b"], "backend": "gloo"}
    assert difference(now, now) == ""
    assert difference(now, {**now, "ranks": ["a", "a", "b"]}) == "ranks: 2 on a and 1 on b then, 1 on a and 1 on b now"
    assert difference(now, {**now, "backend": "nccl"}) == "backend: nccl then, gloo now"


def test_the_table_has_a_line_a_size() -> None:
    lines = measurement_lines(judge(outcome((KIB, 0.00025), (MIB, 0.004)), outcome((KIB, 0.0002), (MIB, 0.002))))
    assert len(lines) == 5
    assert lines[2].split() == "1 KiB 250 us 4.10 MB/s 4.10 MB/s 200 us 5.12 MB/s 5.12 MB/s 0.80".split()
    assert lines[3].split() == "1 MiB 4.0 ms 262.14 MB/s 262.14 MB/s 2.0 ms 524.29 MB/s 524.29 MB/s 0.50".split()
    assert lines[4].startswith("A job should use the host network: the overlay costs large messages 50 %")
    assert len({len(line) for line in lines[1:4]}) == 1
