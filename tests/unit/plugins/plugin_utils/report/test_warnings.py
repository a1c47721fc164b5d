# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report says that a training has diverged though the job has succeeded, and why a job was not restarted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.lookup.report_page import report_page
from ansible_collections.distrain.cluster.plugins.module_utils.follow.divergence import as_data, sentence
from ansible_collections.distrain.cluster.plugins.module_utils.progress.steps import Divergence
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.cluster import cluster_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.files import read_cluster, read_job
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.job import job_page
from ansible_collections.distrain.cluster.tests.unit.support import report_artifacts
from ansible_collections.distrain.cluster.tests.unit.support.report_artifacts import TEMPLATES

FOUND = Divergence(2, True, 39, "0", "nan", True)


def write(directory: Path, results: dict[str, Any], **changes: Any) -> None:
    report_artifacts.write_all(directory)
    path = directory / "sft" / "job.json"
    job = json.loads(path.read_text())
    path.write_text(json.dumps({**job, **changes, "results": {**job["results"], **results}}))


def test_a_job_that_has_diverged_is_marked_on_its_page_and_on_that_of_the_cluster(tmp_path: Path) -> None:
    results = {"first_loss": 5.56, "last_loss": 0.0, "diverged": as_data(FOUND)}
    write(tmp_path, results, warnings=[sentence(FOUND)])
    head = job_page(read_job(tmp_path, "sft")).head
    words = "The training has diverged at step 2: loss 0, grad_norm nan in the last 39 logged steps. "
    assert head.outcome == "succeeded" and head.warnings == [f"{words}Its weights are of no use from there on."]
    figures = {one.label: (one.value, one.note) for one in head.figures}
    assert figures["Loss"] == ("0", "first 5.56") and figures["Gradient norm"] == ("nan", "the last one")
    page = report_page(tmp_path, "sft", TEMPLATES)
    assert (
        '<span class="badge finding">warning</span> The training has diverged at step 2: loss 0, grad_norm nan' in page
    )
    jobs = cluster_page(read_cluster(tmp_path)).jobs
    assert jobs and jobs.rows[0][-1].text == "0 (diverged)"


def test_a_loss_that_is_nan_is_shown_and_not_the_last_good_one(tmp_path: Path) -> None:
    write(tmp_path, {"last_loss": None, "diverged": as_data(Divergence(9, False, 3, "nan", "", True))})
    figures = {one.label: one.value for one in job_page(read_job(tmp_path, "sft")).head.figures}
    assert figures["Loss"] == "nan" and "Gradient norm" not in figures


@pytest.mark.parametrize(
    ("outcome", "warnings"),
    [("failed", ["The job was not restarted (0 of 2 restarts used): x."]), ("succeeded", [])],
)
def test_restarts_that_were_not_made_are_said(tmp_path: Path, outcome: str, warnings: list[str]) -> None:
    note = "not restarted (0 of 2 restarts used): x"
    write(tmp_path, {"last_grad_norm": 1.25}, outcome=outcome, restarts={"done": 0, "allowed": 2, "note": note})
    head = job_page(read_job(tmp_path, "sft")).head
    assert head.warnings == warnings and "1.25" in [one.value for one in head.figures]


@pytest.mark.parametrize("evil", [None, 7, "<b>", [1, None, "<script>"], {"a": 1}, [["x"]]])
def test_whatever_stands_there_the_page_is_written(tmp_path: Path, evil: Any) -> None:
    write(tmp_path, {"diverged": evil, "last_grad_norm": evil}, outcome="failed", warnings=evil, restarts=evil)
    page = report_page(tmp_path, "sft", TEMPLATES)
    assert "<script>" not in page and "<b><" not in page
    assert report_page(tmp_path, "", TEMPLATES)
