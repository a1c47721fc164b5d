# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of metrics that a keeper writes for node_exporter."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.keeper.exporter import MetricsFile
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place

RANKS = [{"host": "gpu-01", "rank": 0, "state": "running", "step": 7}]


def test_one_file_a_job_that_others_may_read(tmp_path: Path) -> None:
    said: list[str] = []
    metrics = MetricsFile(str(tmp_path), Place("llama", "sft", str(tmp_path / "base")), said.append)
    metrics.observed(RANKS, 1.6e9, 1)
    (path,) = tmp_path.glob("*.prom")
    assert (path.name, path.stat().st_mode & 0o777, said) == ("distrain_llama_sft.prom", 0o644, [])
    metrics.ended("succeeded", 1)
    text = path.read_text()
    assert 'state="succeeded"} 1' in text
    assert 'distrain_rank_running{trainer="llama",training_job="sft",host="gpu-01",rank="0"} 0' in text
    assert "distrain_job_step" in text


def test_a_directory_that_is_not_there_is_one_warning(tmp_path: Path) -> None:
    said: list[str] = []
    metrics = MetricsFile(str(tmp_path / "none"), Place("llama", "sft", str(tmp_path)), said.append)
    metrics.observed(RANKS, 1.6e9, 0)
    metrics.ended("failed", 0)
    (warning,) = said
    assert "trainer_launch_metrics_directory" in warning
    assert not (tmp_path / "none").exists()


def test_without_a_directory_nothing_is_written(tmp_path: Path) -> None:
    said: list[str] = []
    metrics = MetricsFile("", Place("llama", "sft", str(tmp_path)), said.append)
    metrics.observed(RANKS, 1.6e9, 0)
    assert (said, list(tmp_path.iterdir()), list(Path().glob("*.prom"))) == ([], [], [])
