# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many samples a step takes, and how many are made a second."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.job.throughput import (
    rate_words,
    samples_per_step,
    throughput,
)

EIGHT = {"per_device_train_batch_size": 8}


@pytest.mark.parametrize(
    ("settings", "arguments", "samples"),
    [
        ({}, [], 0),
        (EIGHT, [], 32),
        (EIGHT | {"gradient_accumulation_steps": 4}, [], 128),
        ({"per_device_train_batch_size": "8", "gradient_accumulation_steps": "2"}, [], 64),
        ({"gradient_accumulation_steps": 4}, [], 0),
        (EIGHT | {"gradient_accumulation_steps": "auto"}, [], 0),
        ({"per_device_train_batch_size": None}, [], 0),
        ({"per_device_train_batch_size": True}, [], 0),
        (EIGHT | {"auto_find_batch_size": True}, [], 0),
        (EIGHT | {"auto_find_batch_size": False}, [], 32),
        (EIGHT | {"tensor_model_parallel_size": 2}, [], 0),
        (EIGHT | {"sequence_parallel_size": 1}, [], 32),
        ({}, ["train.py", "--per_device_train_batch_size", "2", "--gradient_accumulation_steps=3"], 24),
        ({}, ["--per-device-train-batch-size", 2], 8),
        ({}, ["--per_device_train_batch_size"], 0),
        ({}, ["--do_train", "--per_device_train_batch_size", "--bf16"], 0),
        (EIGHT, ["--per_device_train_batch_size", "2"], 8),
        (EIGHT, ["--auto_find_batch_size", "--bf16"], 0),
    ],
)
def test_the_samples_of_a_step(settings: dict[str, Any], arguments: list[Any], samples: int) -> None:
    assert samples_per_step(settings, [str(word) for word in arguments], 4) == samples


@pytest.mark.parametrize(
    ("progress", "steps_per_second", "samples_a_step", "samples"),
    [
        ({"step": 1, "samples_per_second": 5.5}, 2.0, 8, 5.5),
        ({"step": 1, "samples_per_second": None}, 2.0, 8, 16.0),
        ({"step": 1, "samples_per_step": 4}, 2.0, 8, 8.0),
        ({"step": 1}, 2.0, 0, None),
        ({"step": 1}, None, 8, None),
        ({}, 2.0, 8, None),
    ],
)
def test_the_samples_of_a_second(
    progress: dict[str, Any], steps_per_second: float | None, samples_a_step: int, samples: float | None
) -> None:
    found = throughput(progress, steps_per_second, samples_a_step)
    assert found == {"tokens_per_second": None, "samples_per_second": samples}


def test_a_rate_in_words() -> None:
    assert rate_words({"tokens_per_second": None, "samples_per_second": 10.94}) == "10.9 samples/s"
    assert rate_words({}) == ""
