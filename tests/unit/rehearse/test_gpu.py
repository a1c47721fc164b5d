# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which steps the rehearsal on GPUs has, what stops it, and what its table says; no step is really done."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

sys.path.insert(0, str(ROOT))

from tests.faults.lab import LabError
from tests.faults.play import Outcome
from tests.rehearse import gpu, machine
from tests.rehearse.failures import FAILURES

ERRORS = {failure.name: f"Rank 1 on host gpu-02: {failure.says}." for failure in FAILURES}
Rehearse = Callable[..., tuple[int, list[dict[str, object]], list[list[str]]]]


def asked(changed: int = 0, said: Mapping[str, str] = ERRORS) -> Callable[..., Outcome]:
    """A site that changes so much, and jobs that fail with these errors."""

    def ask(playbook: str, _rehearsal: gpu.Rehearsal, log: str, _variables: object = None) -> Outcome:
        if playbook == "site":
            return Outcome(False, "", "", changed, 58.0)
        return Outcome(log in said, said.get(log, ""), "", 0, 20.0)

    return ask


@pytest.fixture
def rehearse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rehearse:
    """Run it with these arguments: the exit code, the rows, and the playbooks with their variables."""
    played: list[list[str]] = []

    def stream(arguments: list[str], log: str) -> str:
        played.append([log, *arguments])
        return "Done"

    monkeypatch.setattr(gpu, "ARTIFACTS", tmp_path)
    monkeypatch.setattr(gpu, "stream", stream)
    monkeypatch.setattr(gpu, "inside", lambda host, *options: ["docker", "exec", *options, host])
    monkeypatch.setattr(gpu, "run", lambda command: "10400000000" if "inspect" in command else "GPU 0: NVIDIA H200")
    monkeypatch.setattr(gpu, "ask", asked())
    monkeypatch.setattr(gpu, "kill_a_rank", lambda host, job, at: at.append(gpu.time.monotonic()))
    monkeypatch.setattr(machine, "root_with_torch", lambda: (Path("/old"), "/opt/torch/.venv/bin", "2.11.0 13.0"))
    monkeypatch.setattr(machine, "import_root", lambda *others: None)

    def main(*arguments: str) -> tuple[int, list[dict[str, object]], list[list[str]]]:
        monkeypatch.setattr(sys, "argv", ["gpu", *arguments])
        code = gpu.main()
        return code, json.loads((tmp_path / "table.json").read_text()), played

    return main


def variables(played: list[list[str]], log: str) -> dict[str, object]:
    words = next(words for words in played if words[0] == log)
    return json.loads(next(word for word in words if word.startswith("--extra-vars=")).partition("=")[2])


def test_one_gpu_is_one_host_without_a_network(rehearse: Rehearse) -> None:
    code, rows, played = rehearse("--gpus=1")
    assert code == 0 and all(row["is_good"] for row in rows)
    assert [words[0] for words in played] == ["lab", "site", "killed", "status", "report"]
    assert (variables(played, "lab")["lab_hosts"], variables(played, "lab")["lab_gpus"]) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "hosts", "gpus"),
    [
        (["--gpus=2"], 2, 2),
        (["--gpus=8", "--gpus-per-host=4"], 2, 8),
        (["--gpus=5", "--gpus-per-host=2"], 3, 5),
        (["--gpus=1", "--hosts=8"], 8, 1),
    ],
)
def test_more_gpus_are_more_hosts(rehearse: Rehearse, arguments: list[str], hosts: int, gpus: int) -> None:
    code, rows, played = rehearse(*arguments)
    assert code == 0 and "network_check" in [words[0] for words in played]
    assert (variables(played, "lab")["lab_hosts"], variables(played, "lab")["lab_gpus"]) == (hosts, gpus)
    assert [row["step"] for row in rows][3] == "site.yml again"


def test_the_killed_job_saves_often_enough(rehearse: Rehearse) -> None:
    killed = variables(rehearse("--gpus=2")[2], "killed")
    config = killed["trainer_launch_job_config"]
    assert killed["trainer_launch_max_restarts"] == 1 and isinstance(config, dict)
    assert config["save_steps"] < config["max_steps"] and config["model_name_or_path"] == "/app/models/tiny-llama"


def test_without_a_base_image_nothing_else_is_tried(rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> tuple[Path, str, str]:
        raise LabError("No python3 has torch")

    monkeypatch.setattr(machine, "root_with_torch", none)
    code, rows, played = rehearse("--gpus=2")
    assert code == 1 and [words[0] for words in played] == ["lab"]
    assert [(row["is_good"], row["seen"]) for row in rows][1] == (False, "No python3 has torch")


def test_a_second_run_that_changes_something_is_no_good(rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "ask", asked(changed=3))
    code, rows, played = rehearse("--gpus=1")
    assert code == 1 and "changed=3" in str(rows[3]["seen"])
    assert played[-1][0] == "report"


@pytest.mark.parametrize("said", ["", "the job ended with exit code 1"])
def test_a_job_that_does_not_fail_as_it_must_is_no_good(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    name = FAILURES[0].name
    errors = {**ERRORS, name: said} if said else {key: text for key, text in ERRORS.items() if key != name}
    monkeypatch.setattr(gpu, "ask", asked(said=errors))
    code, rows, _played = rehearse("--gpus=1")
    (bad,) = [row for row in rows if not row["is_good"]]
    assert code == 1 and bad["step"] == name and f"got {said or 'none'}" in str(bad["seen"])


def test_a_machine_without_gpus_is_refused(rehearse: Rehearse, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        rehearse("--gpus=0")
    assert "no /dev/nvidia0" in capsys.readouterr().err


def test_gpus_are_counted_by_their_nodes(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia12", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert machine.count_gpus(tmp_path) == 2
