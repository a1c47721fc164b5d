# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.daemon import preview, toolkit
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.installation import observe_docker
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.plan import EngineHost

PARAMS = {"owner": "docker", "options": {"debug": True}, "options_variable": "docker_daemon_options"}
PERMISSION = {"restart_under_work": False, "restart_variable": "docker_restart_under_jobs", "path": "/d.json"}
UP = {"command": ("dockerd",), "answers": True}


def previewed(monkeypatch: pytest.MonkeyPatch, **host: Any) -> dict[str, Any]:
    monkeypatch.setattr(preview, "observe_engine_host", lambda params: EngineHost("/d.json", **{**UP, **host}))
    return preview.preview_configuration({**PARAMS, **PERMISSION}, "/socket")


@pytest.mark.parametrize(
    ("host", "steps", "needs_restart"),
    [
        ({"text": '{"debug": true}'}, [], False),
        ({}, ["configure"], True),
        ({"text": '{"debug": true}', "answers": False}, ["start"], False),
    ],
    ids=["it has the options", "it has to change", "its engine has to start"],
)
def test_a_file(monkeypatch: pytest.MonkeyPatch, host: dict[str, Any], steps: list[str], needs_restart: bool) -> None:
    found = previewed(monkeypatch, **host)
    assert (found["steps"], found["needs_restart"], found["problem"]) == (steps, needs_restart, "")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ({"text": '{"debug": '}, "/d.json is not valid JSON (Expecting value: line 1 column 11"),
        ({"work": ("the job sft",)}, "docker_restart_under_jobs"),
    ],
)
def test_what_prevents_a_change(monkeypatch: pytest.MonkeyPatch, host: dict[str, Any], words: str) -> None:
    found = previewed(monkeypatch, **host)
    assert words in found["problem"]
    assert not found["needs_restart"]


def test_the_toolkit_is_not_looked_for_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"architecture": "amd64", "packages": {}, "gpus": [], "gpu_driver": None}
    monkeypatch.setattr(toolkit, "observe_host", lambda disks, packages: facts)
    monkeypatch.setattr(toolkit, "ask_nvidia_smi", lambda: {"rc": 0, "said": "GPU 0: a\nGPU 1: b"})
    assert "source" not in toolkit.observe_toolkit({"gpu_present": "auto"})
    counted = toolkit.observe_toolkit({"gpu_present": "present", "count_only": True})
    assert (counted["has_gpu"], counted["gpu_count"]) == (True, 2)
    assert "source" not in counted


def test_output_of_the_toolkit_that_is_no_json_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolkit, "command_output", lambda *argv: "")
    found = toolkit._configuration({"configuration": PARAMS, "docker_socket": "/socket"}, is_installed=True)
    assert found["configuration"]["problem"].endswith("printed no JSON: nothing.")


def test_the_specification_is_current_only_as_the_toolkit_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolkit, "SPECIFICATION", tmp_path / "nvidia.yaml")
    monkeypatch.setattr(toolkit, "REFRESH_UNIT", tmp_path / "unit")
    monkeypatch.setattr(toolkit, "REFRESHED", tmp_path / "refreshed.yaml")
    monkeypatch.setattr(toolkit, "command_output", lambda *argv: "cdiVersion: 0.5.0")
    assert not toolkit._specification_is_current()
    (tmp_path / "nvidia.yaml").write_text("cdiVersion: 0.5.0\n")
    assert toolkit._specification_is_current()
    (tmp_path / "unit").touch()
    assert not toolkit._specification_is_current()
    (tmp_path / "refreshed.yaml").touch()
    assert toolkit._specification_is_current()


def test_the_module_observes_a_machine_without_docker(tmp_path: Path) -> None:
    params = {"candidates": [], "simulate": [], "source": None, "python": str(tmp_path / "none")}
    # Other processes of this machine may be those of a job.
    wanted = {**PARAMS, **PERMISSION, "restart_under_work": True, "path": str(tmp_path / "daemon.json")}
    found = observe_docker({**params, "configuration": wanted, "docker_socket": str(tmp_path / "socket")})
    assert found["python"] == {"exists": False, "packages": []}
    assert found["engine"]["version"] is None
    assert found["configuration"]["needs_restart"]
