# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a trainer needs of a host, and how its settings become arguments."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.arguments import command_arguments
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.requirements import unmet


@pytest.mark.parametrize(
    ("required", "found", "problem"),
    [
        ({}, {"engine": "20.10"}, ""),
        ({"engine_min": "25"}, {"engine": "25.0.0"}, ""),
        ({"engine_min": "25.0.0"}, {"engine": "25"}, ""),
        ({"engine_min": 25}, {"engine": "26.1.5+dfsg1"}, ""),
        ({"engine_min": "28.2"}, {"engine": "28.1.9"}, "needs Docker Engine 28.2 or newer"),
        ({"driver_min": "525.85.12"}, {"driver": "525.85.05"}, "but found 525.85.05. Install a newer driver"),
        ({"driver_min": "525.85.12"}, {"driver": ""}, "its version could not be learned"),
        ({"driver_min": "525.85.12"}, {}, ""),
        ({"python_min": "3.10"}, {"python": "3.9.18"}, "image_build_base_image"),
        ({"python_min": "3.9"}, {"python": "3.10.1"}, ""),
        ({"python_max": "3.11"}, {"python": "3.11.9"}, ""),
        ({"python_max": "3.11"}, {"python": "3.12.0"}, "3.11 or older (python_max of"),
        ({"cuda_min": "12"}, {}, "holds cuda_min, but only engine_min"),
        ({"engine_min": "new"}, {"engine": "26"}, "which is no version"),
    ],
)
def test_what_is_not_met_is_named(required: dict[str, Any], found: dict[str, str], problem: str) -> None:
    problems = unmet("gpu-02", required, found)
    assert len(problems) == bool(problem)
    assert all(problem in one for one in problems)


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        (None, []),
        ([], []),
        ({}, []),
        (["--a", 1, "b c"], ["--a", "1", "b c"]),
        ({"max_length": 1024, "lr": 1e-4, "name": "a b"}, ["--max_length", "1024", "--lr", "0.0001", "--name", "a b"]),
        ({"gradient_checkpointing": True, "bf16": False, "seed": None}, ["--gradient_checkpointing"]),
        ({"files": ["a.csv", "b.csv"]}, ["--files", "a.csv", "b.csv"]),
        ({"use_fast_tokenizer": "false"}, ["--use_fast_tokenizer", "false"]),
    ],
)
def test_settings_become_arguments(settings: Any, arguments: list[str]) -> None:
    assert command_arguments(settings) == arguments


@pytest.mark.parametrize("settings", ["--a b", 5, {"a": {"b": 1}}])
def test_what_cannot_be_arguments_is_refused(settings: Any) -> None:
    with pytest.raises(PlanError, match="trainer_launch_job_arguments"):
        command_arguments(settings)
