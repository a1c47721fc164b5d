# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes that hide each other, above all an output that covers models."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.volume_plan import volume_problems

MODELS = "/srv/models:/app/models"


@pytest.mark.parametrize(
    ("volumes", "problem"),
    [
        ([], ""),
        ([MODELS, "/srv/output:/app/output"], ""),
        ([MODELS, "/srv/output:/app/output", "/mnt/llama:/app/models/llama:ro"], ""),
        ([MODELS, "/srv/output:/app/output", "/fast/sft:/app/output/sft"], "the output at /app/output/sft, over"),
        ([MODELS, "/srv/output:/app/models"], "2 volumes at /app/models"),
        ([MODELS, "/srv/output:/app/models/"], "2 volumes at /app/models"),
        ([MODELS, "/srv/output:/app/data/../models"], "2 volumes at /app/models"),
        ([MODELS, "/srv/output:/app//output"], ""),
        (["/srv/code:/app", "/srv/output:/app/output"], ""),
        ([MODELS, "/srv/output:/"], "at /, which hides"),
        ([MODELS, "/srv/output:/run"], "hides /run/distrain"),
        ([MODELS, "/srv/output:/run/distrain/jobs"], "hides /run/distrain"),
        ([MODELS, "output"], "holds 'output'"),
        ([MODELS, "/a:b"], "holds '/a:b'"),
    ],
)
def test_what_hides_what(volumes: list[str], problem: str) -> None:
    problems = volume_problems(volumes, "/app/output/sft", "/app")
    assert len(problems) == bool(problem), problems
    assert all(problem in one for one in problems)


def test_an_output_among_the_models_is_refused() -> None:
    (problem,) = volume_problems([MODELS, "/srv/output:/app/models/output"], "/app/models/output/sft", "/app")
    assert "mounts the output at /app/models/output, over a part of the volume at /app/models" in problem
