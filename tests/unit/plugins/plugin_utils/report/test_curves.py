# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The curves of a report: when what a trainer wrote down happened, and what is drawn of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.curves import RunData, curves
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.moments import place, placed_observations
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.run import Span
from ansible_collections.distrain.cluster.tests.unit.support.report_artifacts import look

# A job from 1000 to 1100.
WHOLE = Span(1000, 1100, 1000)
RESTARTED = Span(1000, 1100, 1050)


def log(*elapsed: Any, step: int = 1, **fields: Any) -> list[dict[str, Any]]:
    """One entry a step."""
    return [
        {"current_steps": step + one, "elapsed_time": at, "loss": 9.0 - one, **fields} for one, at in enumerate(elapsed)
    ]


def known(looks: Any, entries: Any, span: Span = WHOLE, samples_per_step: float | None = None) -> RunData:
    return RunData(looks, place({"gpu-01": entries}, looks, span), span, samples_per_step=samples_per_step)


@pytest.mark.parametrize(
    ("looks", "entries", "span", "offset"),
    [
        ([look(1031, 1), look(1042, 2)], log(10, 20, 30), WHOLE, 21),
        ([look(1042, 2), look(1048, 3)], log(10, 20, 30), WHOLE, 18),
        # Read long after the end, with or without a word on how long it had been silent.
        ([look(9000, 3)], log(10, 20, 30), WHOLE, 70),
        ([look(9000, 3, silent_seconds=7945.0)], log(10, 20, 30), WHOLE, 25),
        ([], log(10, 20, 30), WHOLE, 70),
        ([look(1031, None), {"at": 1032, "ranks": None}], log(10, 20, 30), WHOLE, 70),
        ([], log("0:00:10", "0:01:20"), WHOLE, 20),
        ([], log(10, None, 30), WHOLE, 70),
        # Clocks differ, and trainers write whole seconds.
        ([look(1009, 1)], log(10, 20), WHOLE, 0),
        # What was seen before the restart were other steps of the same number.
        ([look(1012, 1), look(1072, 1)], log(10, 20), RESTARTED, 62),
        ([], log(10, 20, 90), RESTARTED, None),
        ([], log(10, 20, 5), WHOLE, None),
        ([look(1020, 2)], log(None, None), WHOLE, None),
        ([look(1020, 2)], [], WHOLE, None),
    ],
)
def test_when_the_clock_of_a_trainer_began(looks: Any, entries: Any, span: Span, offset: float | None) -> None:
    assert place({"gpu-01": entries}, looks, span)["gpu-01"].offset == offset


@pytest.mark.parametrize("looks", [[], [look(1010, 3)]])
def test_a_log_of_an_earlier_run_is_none_of_this(looks: Any) -> None:
    assert place({"gpu-01": log(10, 50, 140)}, looks, WHOLE) == {}


def test_the_steps_of_a_log_count_as_seen_when_they_were_made() -> None:
    placed = placed_observations(known([look(9000, 2)], log(10, 20)).logs, WHOLE)
    assert [(one["at"], one["ranks"][0]["step"]) for one in placed] == [(1090, 1), (1100, 2)]


def test_a_job_that_was_read_all_at_once_is_drawn_over_its_time() -> None:
    late = look(1100, 41, loss=1.0, samples_per_second=8.0, cpu_percent=5.0)
    loss, throughput, busy = curves(known([late], log(*range(0, 82, 2)), samples_per_step=16))
    assert (loss.lines[0].name, loss.note) == ("gpu-01, rank 0", "")
    assert loss.lines[0].paths[0].startswith("M200.0 ") and "L1000.0 " in loss.lines[0].paths[0]
    assert (throughput.unit, throughput.lines[0].last) == ("samples/s", "8.00")
    assert throughput.lines[0].paths[0].startswith("M220.0 ")
    assert busy.lines[0].paths[0].startswith("M1000.0 ")


@pytest.mark.parametrize("entries", [log(10, 20, 5, 15), log(None, None, None)], ids=["two clocks", "no clock"])
def test_what_has_no_place_in_time_is_drawn_over_steps(entries: Any) -> None:
    (loss,) = curves(known([look(1100, 4, loss=6.0)], entries))
    assert loss.across[1].label == "1" and loss.note.startswith("By step")
    assert (loss.lines[0].name, len(loss.lines[0].paths)) == ("gpu-01, rank 0", 1)


def test_of_a_step_that_was_made_again_the_last_time_counts() -> None:
    again = [*log(10, 20, 30), *log(5, 15, step=2, loss=4.0)]
    (loss,) = curves(known([], again))
    assert (loss.lines[0].highest, loss.lines[0].last) == ("9.00", "4.00")


def test_a_job_that_was_followed_is_drawn_over_time_though_it_was_restarted() -> None:
    looks = [look(1000 + 10 * one, one, loss=2.0) for one in range(1, 5)]
    loss = curves(known(looks, log(10, 20, 5, 15)))[0]
    assert loss.across[1].label == "30 s" and loss.note == ""


def test_what_is_not_seen_any_more_is_not_drawn() -> None:
    looks = [look(1010, 1, loss=2.0), look(1090, 1, loss=2.0, state="unseen")]
    assert curves(known(looks, []))[0].lines[0].paths == ["M100.0 5.4h4"]


@pytest.mark.parametrize(
    ("looks", "entries", "samples_per_step", "unit", "last"),
    [
        ([], log(1, 3, 5), None, "steps/min", "30.0"),
        ([], log(1, 3, 5), 64, "samples/s", "32.0"),
        ([], [{**one, "total_tokens": 500 * one["current_steps"]} for one in log(1, 3, 5)], 64, "tokens/s", "250"),
        ([look(1010, 1, samples_per_second=7.0), look(1020, 2, samples_per_second=8.0)], [], None, "samples/s", "8.00"),
        ([look(1010, 1, tokens_per_second=70.0), look(1020, 2, tokens_per_second=80.0)], [], 64, "tokens/s", "80.0"),
        # A line says more than a point.
        ([look(1100, 3, samples_per_second=7.0)], log(1, 3, 5), None, "steps/min", "30.0"),
        ([look(1100, 3, samples_per_second=7.0)], [], None, "samples/s", "7.00"),
    ],
)
def test_throughput(looks: Any, entries: Any, samples_per_step: Any, unit: str, last: str) -> None:
    charts = {chart.title: chart for chart in curves(known(looks, entries, WHOLE, samples_per_step))}
    assert (charts["Throughput"].unit, charts["Throughput"].lines[0].last) == (unit, last)


def test_steps_within_one_second_count_too() -> None:
    entries = [{"current_steps": one, "elapsed_time": f"0:00:{one // 2:02}"} for one in range(1, 100)]
    (throughput,) = curves(known([], entries))
    assert (throughput.lines[0].lowest, throughput.lines[0].highest) == ("60.0", "120")
