# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes that hide each other, above all an output that covers models."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import host_path
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.volumes import path_of, volume_problems
from ansible_collections.distrain.cluster.tests.unit.support.json_values import JSON, TECHNICAL
from hypothesis import given
from hypothesis import strategies as st

PATH = (
    st.lists(st.text("abc._ é", min_size=1), min_size=1, max_size=3)
    .map(lambda parts: "/" + "/".join(parts))
    .filter(lambda path: ".." not in path.split("/"))
)

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
        ([MODELS, "/srv/output:/var/run/distrain"], "hides /run/distrain"),
        ([MODELS, "/srv/output:/var/run"], "hides /run/distrain"),
        ([MODELS, "/srv/output:/var/running"], ""),
        (["./output:/app/output"], "Write for example /srv/output:/app/output."),
        (["../up/output:/app/output:ro"], "Write for example /srv/up/output:/app/output:ro."),
        (["~/models:/app/models"], "Write for example /srv/models:/app/models."),
        (["~:/app/models"], "Write for example /srv/data:/app/models."),
        (["models:/app/models"], "the name of a volume are none"),
        (["/srv/../etc:/app/models"], "an absolute path on the hosts"),
        ([":/app/models"], "an absolute path on the hosts"),
        (["/app/models"], "SOURCE:/TARGET"),
        ([r"C:\models:/app/models"], "SOURCE:/TARGET"),
        (["C:/models:/app/models"], "with the options '/app/models'"),
        (["/srv/a:/app/a:ro:z"], "SOURCE:/TARGET"),
        (["/srv/a:/app/a:readonly"], "with the options 'readonly', but known are "),
        (["/srv/a:/app/a:"], "with the options ''"),
        (["/srv/a:/app/a:ro,z", "/srv/b:/app/b:Z", "/srv/c:/app/c:rw,rslave", "/srv/d e:/app/d e"], ""),
        (["/srv/a\n:/app/a"], "a character that no path should have"),
        ([{"type": "bind", "source": "/srv/a", "target": "/a"}], "compose's long form is not taken"),
        ([None], "holds None"),
    ],
)
def test_what_hides_what(volumes: list[str], problem: str) -> None:
    problems = volume_problems(volumes, "/app/output/sft", "/app")
    assert len(problems) == bool(problem), problems
    assert all(problem in one for one in problems)


def test_an_output_among_the_models_is_refused() -> None:
    (problem,) = volume_problems([MODELS, "/srv/output:/app/models/output"], "/app/models/output/sft", "/app")
    assert "mounts the output at /app/models/output, over a part of the volume at /app/models" in problem


@pytest.mark.parametrize(
    ("output", "working", "problem"),
    [
        ("output/sft", "/app", "trainer_launch_job_output_directory is 'output/sft'"),
        ("", "/app", "trainer_launch_job_output_directory is ''"),
        ("/app/output", "app", "trainer_launch_job_working_directory is 'app'"),
    ],
)
def test_directories_of_the_container_are_absolute(output: str, working: str, problem: str) -> None:
    (found,) = volume_problems([MODELS], output, working)
    assert problem in found


@given(st.lists(TECHNICAL | JSON, max_size=4), TECHNICAL, TECHNICAL)
def test_whatever_is_written_there_is_an_answer(volumes: list[Any], output: str, working: str) -> None:
    assert all(isinstance(one, str) for one in volume_problems(volumes, output, working))
    found = host_path(output, volumes)
    assert found == "" or found.startswith("/")


@given(st.lists(st.tuples(PATH, PATH), min_size=1, max_size=4, unique_by=lambda pair: path_of(pair[1])), PATH)
def test_a_file_of_a_volume_is_found_on_the_host(pairs: list[tuple[str, str]], name: str) -> None:
    volumes = [f"{source}:{target}" for source, target in pairs]
    found = host_path(f"{pairs[0][1]}/{name}", volumes)
    assert any(found.startswith(path_of(source)) for source, _target in pairs)
