# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The forms in which trainers print their progress, and the bars that are none of training."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank, progress_line
from ansible_collections.distrain.cluster.plugins.module_utils.progress.printed import read_printed
from ansible_collections.distrain.cluster.plugins.module_utils.progress.reading import complete, read_progress

TAIL = "12%|#2        | 120/1000 [05:10<37:53,  2.58s/it]"
AT = {"step": 120, "total": 1000, "remaining_seconds": 2273.0, "steps_per_second": 0.3876}
MEGATRON = (
    " [2026-11-30 10:00:00] iteration      120/    1000 | consumed samples:         1920 | "
    "elapsed time per iteration (ms): 2580.0 | learning rate: 1.000000E-04 | global batch size:    16 | "
    "lm loss: 2.100000E+00 | loss scale: 1.0 | grad norm: 1.234 | number of skipped iterations:   0 | "
    "number of nan iterations:   0 |"
)


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        (f"Train:  {TAIL}", AT),
        (f"[default0]:Train:  {TAIL}", AT),
        (f"[default0]: {TAIL}", AT),
        (f"\r  0%|  | 0/1000 [00:00<?, ?it/s]\r\x1b[32m {TAIL}\x1b[0m", AT),
        (f"[1,0]<stderr>:  {TAIL}", AT),
        (f"gpu-01:  {TAIL}", AT),
        (f"0: {TAIL}", AT),
        (f"(RayTrainWorker pid=812, ip=10.0.0.4) {TAIL}", AT),
        (f"2026-11-30 10:00:00,123 Epoch 1/3:  {TAIL}", AT),
        (f"Training Progress: {TAIL}", AT),
        (
            "Steps:  12%|# | 120/1000 [05:10<37:53,  2.58s/it, lr=1e-5, step_loss=0.0312]",
            {**AT, "loss": 0.0312},
        ),
        ("1|120|Loss: 2.1:  12%|# | 120/1000 [05:10<37:53,  2.58s/it]", {**AT, "loss": 2.1}),
        ("Epoch 0:  12%|# | 120/1000 [05:10<37:53,  2.58s/it, v_num=0, train_loss=2.10]", {**AT, "loss": 2.1}),
        ("Train: 100%|##| 9/9 [26:03:04<00:00,  0.39it/s]", {"step": 9, "remaining_seconds": 0.0}),
        (
            MEGATRON,
            {
                "step": 120,
                "total": 1000,
                "loss": 2.1,
                "grad_norm": 1.234,
                "batch": 16,
                "steps_per_second": 0.3876,
                "remaining_seconds": 2270.4,
                "percentage": 12.0,
            },
        ),
        (f"[default3]:{MEGATRON}", {"step": 120, "loss": 2.1}),
        (
            "samples/sec: 6.2 | iteration 7/ 10 | lm_loss: 3.5E+00 |",
            {"step": 7, "loss": 3.5, "samples_per_second": 6.2},
        ),
        (
            "[2026-11-30 10:00:00,123] [INFO] [logging.py:96:log_dist] [Rank 0] step=10, skipped=0, lr=[1e-05], mom=[]",
            {"step": 10, "loss": None},
        ),
        ("steps: 10 loss: 5.5000 iter time (s): 0.512 samples/sec: 15.6", {"step": 10, "loss": 5.5}),
        (
            "{'loss': 1.87, 'grad_norm': 2.4, 'global_step/max_steps': '5/100', 'percentage': '5.00%', "
            "'elapsed_time': '13s', 'remaining_time': '4m 10s', 'train_speed(iter/s)': 0.38}",
            {"step": 5, "total": 100, "loss": 1.87, "grad_norm": 2.4, "remaining_seconds": 250.0},
        ),
        ("[default0]:{'loss': 1.87, 'grad_norm': 2.4, 'epoch': 0.1}", {"step": None, "loss": 1.87, "grad_norm": 2.4}),
        ("INFO:root:{'epoch': 0.1, 'loss': '1.87'}", {"loss": 1.87}),
        ('2026-11-30 - {"step": 3, "loss": 1.87}', {"step": 3, "loss": 1.87}),
        (
            "\x1b[31mstep: 120  \x1b[32mloss:  2.1000  \x1b[33mgrad_norm:  1.2",
            {"step": 120, "loss": 2.1, "grad_norm": 1.2},
        ),
        ("iter 120: loss 2.1000, time 258.00ms, mfu 12.3%", {"step": 120, "loss": 2.1}),
        ("Epoch 1 | iter 120 step 30 | loss train: 2.1, val: n/a", {"step": 120, "loss": 2.1}),
    ],
)
def test_progress_is_read(printed: str, found: dict[str, Any]) -> None:
    read = read_printed("", f"some words before\n{printed}\n")
    assert {key: read[key] for key in found} == found
    assert "starting" not in progress_line("t", "j", [Rank("a", 0, "running", progress=complete({}, read))])


@pytest.mark.parametrize(
    "line",
    [
        "Loading checkpoint shards:  50%|##| 2/4 [00:10<00:10,  5.00s/it]",
        "[default0]:Loading checkpoint shards:  50%|##| 2/4 [00:10<00:10,  5.00s/it]",
        "Downloading shards:  50%|##| 2/4 [00:10<00:10,  5.00s/it]",
        "model.safetensors:  12%|#2   | 1.20G/9.98G [00:12<01:30, 97.2MB/s]",
        "Fetching 4 files:  50%|##| 2/4 [00:10<00:10,  5.00s/it]",
        "Running tokenizer on dataset (num_proc=16):  12%|#2| 120/1000 [00:05<00:37, 258.00 examples/s]",
        "Running tokenizer on dataset:  50%|##| 1/2 [00:01<00:01,  1.00ba/s]",
        "Map:  12%|#2| 120/1000 [00:05<00:37, 2.58it/s]",
        "Tokenizing train dataset:  12%|#2| 120/1000 [00:05<00:37, 2.58it/s]",
        "Generating train split:  12%|#2| 120/1000 [00:05<00:37, 2.58it/s]",
        "Sanity Checking DataLoader 0: 100%|##| 2/2 [00:01<00:00, 2.58it/s]",
        "Evaluating:  12%|#2| 120/1000 [00:05<00:37, 2.58it/s]",
        "Capturing CUDA graphs:  12%|#2| 120/1000 [00:05<00:37, 2.58it/s]",
        "Some bar that nobody knows:  12%|#2| 120/1000 [00:05<00:37, 2.58it/s]",
        "{'eval_loss': 2.1, 'eval_runtime': 3.0, 'epoch': 1.0}",
        "step 120: val loss 2.1",
        "[loss_scaler.py:190] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768",
        "the nanoseconds of step 3: loss nanoseconds",
        "iteration 7 of the planning loop lost 3 workers",
    ],
)
def test_a_bar_or_a_line_of_something_else_is_no_progress(line: str) -> None:
    assert complete({}, read_printed(f"{line}\n", f"{line}\n")) == {}


EVALUATION = "\r 50%|##| 10/20 [00:01<00:01,  8.00it/s]"
TRAINING = "\r 12%|#2| {0}/1000 [05:10<37:53,  2.58s/it]{{'loss': 2.5, 'epoch': 0.1}}\n"


@pytest.mark.parametrize(
    ("latest", "step"),
    [
        # transformers draws the bar of an evaluation without words, below that of the training.
        (TRAINING.format(110) + TRAINING.format(120) + EVALUATION, (120, 1000)),
        # A loop of one's own that has drawn a bar of another thing before.
        ("\r100%|##| 20/20 [00:01<00:00,  8.00it/s]\n" + TRAINING.format(1), (1, 1000)),
        ("\r100%|##| 20/20 [00:01<00:00,  8.00it/s]\n\r  1%|#2| 9/1000 [05:10<37:53,  2.58s/it]", (9, 1000)),
        ("\r100%|##| 20/20 [00:01<00:00,  8.00it/s]\n" + MEGATRON, (120, 1000)),
        # What the trainer names counts, whatever stands before the bar.
        (
            "Total optimization steps = 1,000\nMy own words: 12%|#2| 120/1000 [05:10<37:53,  2.58s/it]" + EVALUATION,
            (120, 1000),
        ),
    ],
)
def test_the_bar_of_the_training_is_found_among_others(latest: str, step: tuple[int, int]) -> None:
    read = read_printed("", latest)
    assert (read["step"], read["total"]) == step


PIECES = (
    *("12%|#2| 120/1000 [05:10<37:53, 2.58s/it]", "{'loss': ", "nan", "inf", "'grad_norm': ", "}", "{", "step 1/2 "),
    *("step", " loss: ", "1e999", "9" * 5000, "iteration ", "|", "[", "]", "\r", "\n", "\x1b[", "global_step=1, "),
    *("%|", "0/0", "²", "Total optimization steps = ", ",", "'num_input_tokens_seen': ", "1_0", "-", "lm loss: "),
    *("٣", "\x00", "100%|#| 1/1 [00:01<00:00, 0.0it/s]", "'remaining_time': '", "d", "h "),
)


def test_whatever_is_printed_something_that_json_can_hold_is_read() -> None:
    chance = random.Random(8)
    for _time in range(400):
        text = "".join(chance.choices(PIECES, k=chance.randrange(60)))
        json.dumps(complete({}, read_printed(text[:100], text)), allow_nan=False)


@pytest.mark.parametrize(
    "line",
    [
        '{"current_steps": "many", "loss": [1], "elapsed_time": 7, "remaining_time": {"a": 1}}',
        '{"current_steps": NaN, "total_steps": -Infinity, "loss": NaN, "throughput": Infinity, "percentage": "x"}',
        '{"current_steps": 1e999, "loss": 1e999, "remaining_time": "\\u001b]0;owned\\u0007"}',
        '{"current_steps": true, "loss": "0.5", "remaining_time": "99999999999999999999:00"}',
        '{"current_steps": ' + "[" * 100_000,
        '{"current_steps": ' + "9" * 4000 + "}",
        '["current_steps"]',
    ],
)
def test_whatever_is_written_down_something_that_json_can_hold_is_read(line: str) -> None:
    read = read_progress([line], [line, line])
    json.dumps(complete(read, read_printed("", "")), allow_nan=False)
    assert not read.get("remaining")


@pytest.mark.parametrize(
    "piece", ["step 1/2 ", "{'loss': ", "12%|", "[default0]:", "a1: ", "\x1b]", "\r \r", "iteration 1/2 |"]
)
def test_reading_takes_no_longer_than_the_look_that_it_is_part_of(piece: str) -> None:
    text = (((piece * 2000)[:1990] + "\n") * 40)[:65536]
    began = time.monotonic()
    read_printed(text, text)
    assert time.monotonic() - began < 2
