# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far and how fast a job is, by what a trainer writes down and by what it prints."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.progress.printed import read_printed
from ansible_collections.distrain.cluster.plugins.module_utils.progress.reading import (
    complete,
    read_progress,
)

HEAD = (
    "Loading checkpoint shards: 100%|####| 2/2 [00:00<00:00,  5.00it/s]\n"
    "  Total train batch size (w. parallel, distributed & accumulation) = 1,024\n"
    "  Total optimization steps = 120\n"
)
BARS = (
    "\r  5%|#    | 6/120 [00:03<00:57,  2.00it/s]{'loss': 5.5, 'epoch': 0.1}\n"
    "\r 10%|#    | 12/120 [00:06<00:54,  2.00it/s]"
)


def entries(*steps: tuple[int, str, float | None]) -> list[str]:
    return [
        json.dumps({"current_steps": step, "total_steps": 120, "elapsed_time": elapsed, "loss": loss})
        for step, elapsed, loss in steps
    ]


@pytest.mark.parametrize(
    ("steps", "rate"),
    [
        ([(10, "0:00:10", 5.0)], None),
        ([(10, "0:00:10", 5.0), (11, "0:00:10", 5.0)], None),
        ([(10, "0:00:10", 5.0), (20, "0:00:15", 5.0)], 2.0),
        ([(1, "0:00:01", 5.0), (81, "0:00:41", 5.0), (91, "0:01:01", 5.0)], 0.5),
        # Started anew within the log, from an earlier step.
        ([(40, "0:00:20", 5.0), (50, "0:00:25", 5.0), (45, "0:00:01", 5.0), (57, "0:00:05", 5.0)], 3.0),
        # Resumed: the first hundred steps were made by another run.
        ([(101, "0:00:02", 5.0), (111, "0:00:12", 5.0)], 1.0),
    ],
)
def test_the_rate_is_that_of_the_last_while(steps: Any, rate: float | None) -> None:
    assert read_progress(entries(*steps), entries(*steps))["steps_per_second"] == rate


@pytest.mark.parametrize(
    ("first", "latest", "found"),
    [
        ("", "", {"batch": None, "step": None, "loss": None}),
        (HEAD, HEAD, {"batch": 1024, "step": None, "total": 120}),
        (
            HEAD + BARS,
            BARS,
            {"step": 12, "total": 120, "steps_per_second": 2.0, "remaining_seconds": 54.0, "loss": 5.5},
        ),
        ("", "\r 1%|  | 1/100 [00:04<06:36,  4.00s/it]", {"steps_per_second": 0.25, "remaining": "06:36"}),
        ("", "\r 0%|  | 0/100 [00:00<?, ?it/s]", {"step": 0, "steps_per_second": None, "remaining": None}),
        ("", "{'loss': '1.5e-3', 'epoch': 1}", {"loss": 0.0015}),
    ],
)
def test_what_transformers_prints(first: str, latest: str, found: dict[str, Any]) -> None:
    printed = read_printed(first, latest)
    assert {key: printed[key] for key in found} == found


def test_what_was_written_down_wins_and_the_batch_makes_samples_of_steps() -> None:
    written = read_progress(*[entries((10, "0:00:10", 5.0), (20, "0:00:20", 4.0))] * 2)
    both = complete(written, read_printed(HEAD + BARS, BARS))
    assert (both["step"], both["loss"], both["first_loss"], both["samples_per_second"]) == (20, 4.0, 5.0, 1024.0)
    assert complete({}, read_printed(HEAD + BARS, BARS))["samples_per_second"] == 2048.0
    assert complete({}, read_printed(HEAD, HEAD)) == {}


@pytest.mark.parametrize(
    ("printed", "known", "samples"),
    [
        ({"batch": 64}, 32, (64, 32.0)),
        ({"batch": None}, 32, (32, 16.0)),
        ({"batch": None, "samples_per_second": 7.5}, 0, (None, 7.5)),
        ({"batch": None}, 0, (None, None)),
        ({"batch": 64, "steps_per_second": None}, 32, (64, None)),
    ],
)
def test_samples_are_known_where_the_batch_is(printed: dict[str, Any], known: int, samples: Any) -> None:
    both = complete({}, {"step": 3, "steps_per_second": 0.5} | printed, known)
    assert (both["samples_per_step"], both["samples_per_second"]) == samples


@pytest.mark.parametrize(
    ("counts", "rate"),
    [
        # Resumed: the trainer's own rate counts the tokens of the run before.
        ([{"total_tokens": 9000, "throughput": 4500.0}, {"total_tokens": 9800, "throughput": 816.7}], 80.0),
        ([{"num_input_tokens_seen": 100}, {"num_input_tokens_seen": 400}], 30.0),
        ([{"throughput": 55.5}, {"throughput": 56.5}], 56.5),
        ([{"total_tokens": 100, "throughput": 50.0}], 50.0),
        ([{}, {}], None),
    ],
)
def test_tokens_are_known_where_the_trainer_counts_them(counts: list[dict[str, Any]], rate: float | None) -> None:
    lines = [
        json.dumps({"current_steps": one, "elapsed_time": f"0:00:{2 + 10 * one:02}"} | count)
        for one, count in enumerate(counts)
    ]
    assert read_progress(lines, lines)["tokens_per_second"] == rate


BAR = "\r {0}%|#| {0}/100 [00:{0:02}<01:00, 2.00it/s]"


@pytest.mark.parametrize(
    ("latest", "found"),
    [
        (
            f"{BAR.format(10)}{{'loss': 1.0, 'num_input_tokens_seen': 5000}}\n"
            f"{BAR.format(20)}{{'loss': 1.0, 'num_input_tokens_seen': '6000'}}\n",
            {"step": 20, "tokens_per_second": 200.0},
        ),
        (f"{BAR.format(10)}{{'num_input_tokens_seen': 5000}}\n", {"tokens_per_second": None}),
        ("{'num_input_tokens_seen': 5000}\n{'num_input_tokens_seen': 9000}", {"tokens_per_second": None}),
        (f"{BAR.format(10)}{{'loss': 1.0, 'throughput': 1234.5}}", {"tokens_per_second": 1234.5}),
        ("{'train_runtime': 9.1, 'train_samples_per_second': 3.25}", {"samples_per_second": 3.25}),
        ("  train_samples_per_second =      3.25", {"samples_per_second": 3.25}),
        ("{'train_tokens_per_second': 77.0}", {"tokens_per_second": None}),
        (
            "epoch=0/micro_step=20/global_step=10, RunningAvgSamplesPerSec=9.1, CurrSamplesPerSec=8.25, MemAllocated=",
            {"step": 10, "samples_per_second": 8.25},
        ),
        (
            "INFO: [rank0] epoch0 step2/38 loss: 5.8469\nINFO: [rank0] epoch0 step4/38 loss: 4.7171\n",
            {"step": 4, "total": 38, "loss": 4.7171},
        ),
        ("Step 7/10, lr 1e-4, loss=2.5e-1.\n", {"step": 7, "total": 10, "loss": 0.25}),
        (f"{BAR.format(10)}step 3/9 loss 1.5", {"step": 10, "loss": 1.5}),
    ],
)
def test_rates_that_are_printed(latest: str, found: dict[str, Any]) -> None:
    printed = read_printed("", latest)
    assert {key: printed[key] for key in found} == found


def test_what_was_said_last_of_the_batch_counts() -> None:
    assert read_printed(HEAD, HEAD.replace("1,024", "512"))["batch"] == 512
