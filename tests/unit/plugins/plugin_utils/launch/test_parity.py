# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must be alike on all hosts, and the sentence on the first thing that is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.host import directory as directory_names
from ansible_collections.distrain.cluster.plugins.modules import trainer_parity_info
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.parity import parity_problem

ALIKE = {"settings": {"max_steps": 3}, "data": {"/d/a": "1 bytes", "/d/b": "2 bytes"}}


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (ALIKE, ""),
        (
            {**ALIKE, "settings": {"max_steps": 4}},
            "Hosts gpu-01 and gpu-02 differ in the settings of the job: max_steps is 3 on gpu-01 and is 4 on gpu-02.",
        ),
        (
            {**ALIKE, "settings": {"max_steps": 3, "seed": "x"}},
            "seed is not there on gpu-01 and is x on gpu-02. Set trainer_launch_job_config alike",
        ),
        (
            {**ALIKE, "data": {"/d/a": "1 bytes"}},
            "differ in the data of the job: /d/b is 2 bytes on gpu-01 and is not there on gpu-02. Bring the same",
        ),
    ],
)
def test_the_first_difference_is_named(other: dict[str, Any], difference: str) -> None:
    problem = parity_problem({"gpu-01": ALIKE, "gpu-02": other}, ["gpu-01", "gpu-02"])
    assert difference in problem
    assert bool(difference) == bool(problem)


def test_what_a_host_has_is_described_by_names_and_sizes(tmp_path: Path, run_module: Any) -> None:
    (tmp_path / "data/deep").mkdir(parents=True)
    (tmp_path / "data/.cache").mkdir()
    for name, content in (("a", "1"), ("deep/b", "22"), (".cache/c", ""), (".hidden", "")):
        (tmp_path / "data" / name).write_text(content)
    (tmp_path / "run-job").write_text("#!/bin/sh\n")
    arguments = {
        "data": [str(tmp_path / "data"), str(tmp_path / "absent"), str(tmp_path / "data/a")],
        "code": [str(tmp_path / "run-job")],
    }
    parity = run_module(trainer_parity_info, **arguments)["parity"]
    assert parity["data"] == {f"{tmp_path}/data/a": "1 bytes", f"{tmp_path}/data/deep/b": "2 bytes"}
    assert parity["code"][f"{tmp_path}/run-job"].startswith("sha256:")


def test_many_files_are_described_by_what_holds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_names, "MOST_FILES", 2)
    (tmp_path / "deep").mkdir()
    for name in ("a", "deep/b", "deep/c"):
        (tmp_path / name).write_text("22")
    described = directory_names.describe_directory(str(tmp_path))
    assert sorted(described) == [f"{tmp_path}/a", f"{tmp_path}/deep"]
    assert described[f"{tmp_path}/deep"].startswith("2 files of 4 bytes (listing ")
