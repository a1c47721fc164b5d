# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the report makes of what it read: phases, curves, parity, the matrix, the plan, words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.report import words as report_words
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.chart import (
    Series,
    draw,
    draw_over_steps,
    step_ticks,
    thin,
    time_ticks,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.choices import choices_of, planned_choices
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.hosts import hosts_table, image_parity
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.matrix import heat_map
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.timeline import timeline
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.values import number, seconds
from ansible_collections.distrain.cluster.tests.unit.support.report_artifacts import look

THIN = "\N{NARROW NO-BREAK SPACE}"


RESTARTED = {"at": 60, "kind": "restarted"}
IMPOSSIBLE = [{"at": 400, "kind": "restarted"}, {"at": "x", "kind": "restarted"}]


@pytest.mark.parametrize(
    ("looks", "events", "expected"),
    [
        ([], [], "starting 100"),
        ([look(10, None), look(30, 1), look(80, 9), look(90, 9)], [], "starting 30, training 50, finishing 20"),
        (
            [look(20, 1), look(40, 5), look(70, 4), look(95, 9)],
            [RESTARTED],
            "starting 20, training 20, stalled 20, starting 10, training 25, finishing 5",
        ),
        ([look(20, 1)], IMPOSSIBLE, "starting 20, finishing 80"),
    ],
    ids=["never seen", "one attempt", "a restart", "events that cannot be"],
)
def test_phases_fill_the_time(looks: Any, events: Any, expected: str) -> None:
    found = timeline(0, 100, looks, events)
    assert ", ".join(f"{one.kind} {one.seconds:g}" for one in found.phases) == expected
    assert sum(one.seconds for one in found.phases) == 100


def test_a_chart_breaks_where_nothing_was_known() -> None:
    chart = draw("Loss", "", [Series("a", [(0, 1), (10, 2), (500, 2)])], 1000)
    assert chart
    assert len(chart.lines[0].paths) == 2
    assert [tick.label for tick in chart.down] == ["0", "1", "2"]
    assert chart.summary == "Loss of 1 rank: first 1.00, last 2.00."


def test_of_many_ranks_only_the_extremes_have_a_name() -> None:
    chart = draw("Loss", "", [Series(f"gpu-{one:02}", [(0, one), (9, one)]) for one in range(64)], 10)
    assert chart
    assert [line.name for line in chart.lines] == ["gpu-32 (in the middle)", "gpu-00 (lowest)", "gpu-63 (highest)"]
    assert len(chart.others) == 61


@pytest.mark.parametrize(
    "values", [[0.0], [-3.0, 5.0], [1e18, -1e18], [5e-324], [2.5, 5.0, 7.5], [1e-9, 2e-9]], ids=str
)
def test_any_values_can_be_drawn(values: list[float]) -> None:
    chart = draw("x", "", [Series("a", list(enumerate(values)))], 10)
    assert chart
    assert 1 <= len(chart.down) <= 6
    assert len({tick.label for tick in chart.down}) == len(chart.down)
    assert all(0 <= tick.at <= 140.1 for tick in chart.down)


@pytest.mark.parametrize(
    ("end", "last"), [(0.5, "0"), (42, "40 s"), (1820, "30 min"), (86400, "24 h"), (86400 * 365, "308 d")]
)
def test_time_ticks(end: float, last: str) -> None:
    ticks = time_ticks(end)
    assert ticks[-1].label == last
    assert len(ticks) <= 6


@pytest.mark.parametrize(
    ("end", "labels"),
    [
        (1, ["0", "1"]),
        (7, ["0", "2", "4", "6"]),
        (120, ["0", "25", "50", "75", "100"]),
        (5000, ["0", *(f"{one}{THIN}000" for one in (1, 2, 3, 4, 5))]),
        (0.5, ["0"]),
    ],
)
def test_step_ticks(end: float, labels: list[str]) -> None:
    assert [tick.label for tick in step_ticks(end)] == labels


def test_over_steps_a_line_is_not_broken() -> None:
    chart = draw_over_steps("Loss", "", [Series("a", [(1, 3.0), (900, 2.0)])])
    assert chart
    assert len(chart.lines[0].paths) == 1
    assert draw_over_steps("Loss", "", [Series("a", [])]) is None
    assert draw_over_steps("Loss", "", [Series("a", [(0, 1.0)])]) is None


def test_thinning_keeps_peaks() -> None:
    points = [(float(one), 1000.0 if one == 777 else 0.0) for one in range(10_000)]
    kept = thin(points)
    assert len(kept) <= 400
    assert (777.0, 1000.0) in kept


@pytest.mark.parametrize(
    ("hosts", "state", "words"),
    [
        ([], "unknown", "not recorded"),
        ([{"image_id": "a"}, {}], "unknown", "not recorded"),
        ([{"image_id": "a"}, {"image_id": "a"}], "same", "the same image on 2 hosts"),
        ([{"image_id": "a"}, {"image_id": "b"}], "differs", "2 different image ids"),
        ([{"image_id": "a", "layers_digest": "l"}, {"image_id": "b", "layers_digest": "l"}], "same", "the same layers"),
        (
            [{"image_id": "a", "layers_digest": "l"}, {"image_id": "a", "layers_digest": "m"}],
            "differs",
            "2 different im",
        ),
    ],
)
def test_parity(hosts: list[dict[str, Any]], state: str, words: str) -> None:
    found = image_parity(hosts, {})
    assert found.state == state
    assert words in found.sentence.lower()


def test_a_version_that_differs_is_marked() -> None:
    kernels = ["6.8", "6.8", "6.1"]
    table = hosts_table([{"host": f"gpu-0{one}", "kernel": kernel, "gpus": 8} for one, kernel in enumerate(kernels)])
    assert table
    assert [[cell.text for cell in row if cell.differs] for row in table.rows] == [[], [], ["6.1"]]


def test_the_matrix_has_shades_and_marks() -> None:
    rows = [
        {"source": "a", "target": "b", "mbits": 9000.0, "ms": 0.1, "verdict": "ok"},
        {"source": "b", "target": "a", "mbits": None, "ms": None, "verdict": "nothing crosses"},
    ]
    found = heat_map({"network": "distrain", "whole": False, "matrix": rows})
    assert found
    states = {(source, one.state, one.shade, one.rate) for source, row in found.rows for one in row}
    expected = {
        ("a", "self", 0, ""),
        ("a", "ok", 6, "9.0"),
        ("b", "failed", 0, report_words.UNKNOWN),
        ("b", "self", 0, ""),
    }
    assert states == expected
    assert found.summary == "1 of 2 pairs are ok; the slowest stream had 9.0 Gbit/s; the longest delay was 0.10 ms."


def test_a_plan_has_its_reasons() -> None:
    lines = ["address  gpu-01  10.0.0.1", "address  gpu-02  10.0.0.2", "    because: measured", "MTU  all  9000"]
    address, mtu = choices_of(lines)
    assert address.what == "address"
    assert (address.values, address.reason) == ([("gpu-01", "10.0.0.1"), ("gpu-02", "10.0.0.2")], "measured")
    assert (mtu.what, mtu.values, mtu.reason) == ("MTU", [("all", "9000")], "")


def test_the_plan_of_the_preflight_is_shown_the_same_way() -> None:
    choice = {"what": "network of the job", "host": "all", "value": "overlay", "reason": "no RDMA"}
    (found,) = planned_choices({"plan": {"choices": [choice]}})
    assert (found.what, found.values, found.reason) == ("network of the job", [("all", "overlay")], "no RDMA")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (0.83, "0.830"), (102.44, "102"), (12345.6, f"12{THIN}346"), (2e-5, "2.00e-05"), ("x", "\N{EN DASH}")],
)
def test_figures(value: Any, expected: str) -> None:
    assert report_words.figure(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0:01:05", 65), ("1 day, 2:00:00", 93600), ("0:00:01.500000", 1), (7, 7), ("soon", None), (None, None)],
)
def test_seconds_as_trainers_write_them(value: Any, expected: float | None) -> None:
    assert seconds(value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "7", None, 10**400, 1e300], ids=str)
def test_what_is_no_number(value: Any) -> None:
    assert number(value) is None
