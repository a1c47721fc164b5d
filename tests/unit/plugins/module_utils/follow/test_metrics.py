# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The metrics of a job as Prometheus reads them, and the dashboard that shows them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.metrics import JobMetrics, metrics_text
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

DASHBOARD = ROOT / "roles" / "trainer_launch" / "files" / "grafana-dashboard.json"
FIRST = {
    **{"host": "gpu-01", "rank": 0, "state": "running", "step": 120, "total": 1000, "loss": 1.25, "grad_norm": 0.5},
    **{"tokens_per_second": 900.0, "samples_per_second": 10.5, "remaining": 3600, "silent_seconds": 0.5},
    **{"cpu_percent": 150.0, "memory_bytes": 10**9, "gpu_percent": 97, "gpu_memory_bytes": 7 * 10**10},
}
SECOND = {
    "host": "gpu-02",
    "rank": 1,
    "state": "unseen",
    "step": None,
    "gpu_problems": [{"gpu": "1", "what": "Xid 79"}],
}
JOB = JobMetrics("llama", "sft", "running", 1.7e9, 1.6e9, 2, [FIRST, SECOND])
SAMPLE = re.compile(
    r'^[a-z_]+\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\} (?:-?[0-9.e+-]+|NaN|[+-]Inf)$'
)


def values(job: JobMetrics) -> dict[str, str]:
    lines = [line for line in metrics_text(job).splitlines() if not line.startswith("#")]
    assert all(SAMPLE.match(line) for line in lines), lines
    return dict(line.rsplit(" ", 1) for line in lines)


def test_every_value_is_in_its_base_unit() -> None:
    found = values(JOB)
    job, first = 'trainer="llama",training_job="sft"', 'trainer="llama",training_job="sft",host="gpu-01",rank="0"'
    assert found[f"distrain_job_step{{{job}}}"] == "120"
    assert found[f"distrain_job_restarts_total{{{job}}}"] == "2"
    assert found[f'distrain_job_state{{{job},state="running"}}'] == "1"
    assert found[f'distrain_job_state{{{job},state="failed"}}'] == "0"
    assert found[f"distrain_rank_cpu_ratio{{{first}}}"] == "1.5"
    assert found[f"distrain_rank_gpu_ratio{{{first}}}"] == "0.97"
    assert found[f"distrain_rank_running{{{first}}}"] == "1"
    assert [value for name, value in found.items() if name.startswith("distrain_rank_running")] == ["1", "0"]
    assert [value for name, value in found.items() if "gpu_problems" in name] == ["0", "1"]


def test_what_is_not_known_is_left_out_with_its_help() -> None:
    text = metrics_text(JobMetrics("llama", "sft", "running", 1.0))
    assert "distrain_job_loss" not in text
    assert "start_time" not in text


def test_every_family_has_its_help_and_type_once() -> None:
    lines = metrics_text(JOB).splitlines()
    named = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(named) == len(set(named)) == sum(line.startswith("# HELP") for line in lines)
    assert {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")} == set(named)


@pytest.mark.parametrize(
    ("loss", "expected"), [(float("nan"), "NaN"), (float("inf"), "+Inf"), (-float("inf"), "-Inf"), (True, "1")]
)
def test_numbers_that_are_none(loss: Any, expected: str) -> None:
    found = values(JobMetrics("a", "b", "running", 1.0, ranks=[{**FIRST, "loss": loss}]))
    assert found['distrain_job_loss{trainer="a",training_job="b"}'] == expected


def test_labels_are_escaped() -> None:
    assert 'trainer="a\\"b\\\\c\\nd"' in metrics_text(JobMetrics('a"b\\c\nd', "j", "running", 1.0))


def test_the_dashboard_shows_metrics_that_there_are_and_all_of_them() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    shown = {name for one in expressions for name in re.findall(r"distrain_[a-z_]+", one)}
    known = {line.split()[2] for line in metrics_text(JOB).splitlines() if line.startswith("# TYPE")}
    assert shown <= known
    assert known - shown == {"distrain_job_start_time_seconds"}
    places = [tuple(panel["gridPos"][side] for side in "xywh") for panel in dashboard["panels"]]
    assert all(x + w <= 24 for x, _y, w, _h in places)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)
