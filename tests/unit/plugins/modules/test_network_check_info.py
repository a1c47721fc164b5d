# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the network check reads of a host: the layers of the image, and the jobs that run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.modules import network_check_info

LAYERS = ["sha256:1", "sha256:2"]


class Engine:
    def image(self, name: str) -> dict[str, Any] | None:
        return {"RootFS": {"Layers": LAYERS}} if name == "distrain/trainer:1" else None


@pytest.mark.parametrize(("image", "layers"), [("distrain/trainer:1", LAYERS), ("distrain/trainer:2", [])])
def test_the_layers_and_the_running_jobs(
    image: str, layers: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_module: Any
) -> None:
    for trainer in ("b", "a"):
        (tmp_path / trainer).mkdir()
    (tmp_path / "a file").touch()
    jobs = {"a": [("sft", "running"), ("dpo", "succeeded")], "b": [("pt", "running")]}

    def describe(directory: str, *_arguments: Any) -> list[dict[str, str]]:
        return [{"name": name, "state": state} for name, state in jobs[Path(directory).name]]

    monkeypatch.setattr(network_check_info, "describe_jobs", describe)
    arguments = {"image": image, "trainers_directory": str(tmp_path)}
    result = run_module(network_check_info, Engine(), **arguments)
    assert (result["image_layers"], result["running_jobs"]) == (layers, ["sft", "pt"])


def test_a_host_without_trainers(tmp_path: Path, run_module: Any) -> None:
    arguments = {"image": "distrain/trainer:1", "trainers_directory": str(tmp_path / "missing")}
    assert run_module(network_check_info, Engine(), **arguments)["running_jobs"] == []
