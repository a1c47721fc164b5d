# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host says of the checkpoints that it holds, and where it writes those of others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import holdings
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.holdings import (
    directory_of,
    drop_copies,
    list_holdings,
    newest_saved,
)
from ansible_collections.distrain.cluster.plugins.module_utils.parts.holding import Place, held_by


@pytest.fixture
def job(tmp_path: Path) -> dict[str, Any]:
    output = tmp_path / "output/sft"
    output.mkdir(parents=True)
    return {
        "name": "sft",
        "directory": str(tmp_path / "trainer"),
        "output_directory": str(output),
        "output_root": str(tmp_path / "output"),
    }


def save(directory: Path, step: int, at: float = 1000.0, state: bool = True) -> Path:
    checkpoint = directory / f"checkpoint-{step}"
    (checkpoint / f"global_step{step}").mkdir(parents=True)
    (checkpoint / f"global_step{step}/part.pt").write_bytes(b"PK\x03\x04 without an end")
    (checkpoint / "latest").write_text("x")
    if state:
        (checkpoint / "trainer_state.json").write_text(json.dumps({"global_step": step}))
        os.utime(checkpoint / "trainer_state.json", (at, at))
    return checkpoint


def test_what_is_held_in_the_output_and_as_copies(job: dict[str, Any], tmp_path: Path) -> None:
    save(Path(job["output_directory"]), 4)
    save(tmp_path / "trainer/copies/sft/1", 4, state=False)
    (tmp_path / "trainer/copies/sft/no-number").mkdir()
    (output, copy) = held_by("gpu-01", json.loads(json.dumps(list_holdings(job))))
    assert (output.place, copy.place) == (Place("gpu-01"), Place("gpu-01", 1))
    assert output.whole == {"latest", "trainer_state.json"} and output.checkpoint.cut == {"global_step4/part.pt"}
    assert (output.written, output.checkpoint.state_step, copy.identity) == (1000.0, 4, "")
    assert output.identity.count(":") == 2 and output.checkpoint.changed > 1000.0


def age_of(checkpoint: Path, at: float) -> None:
    for path in (*checkpoint.rglob("*"), checkpoint):
        os.utime(path, (at, at))


def test_what_is_written_over_an_earlier_run_is_new(job: dict[str, Any]) -> None:
    output = Path(job["output_directory"])
    for step in range(10, 30):
        age_of(save(output, step), step)
    (output / "checkpoint-12/latest").write_text("y")
    os.utime(output / "checkpoint-12", (12, 12))
    assert next(iter(held_by("gpu-01", list_holdings(job)))).checkpoint.name == "checkpoint-12"
    os.utime(output / "checkpoint-12/trainer_state.json", (9000, 9000))
    assert newest_saved(job) == {"name": "checkpoint-12", "written": 9000.0}


def test_links_that_a_container_has_laid_are_not_followed(job: dict[str, Any], tmp_path: Path) -> None:
    secret = save(tmp_path / "secret", 4)
    output = Path(job["output_directory"])
    (output / "checkpoint-4").symlink_to(secret)
    checkpoint = save(output, 5)
    (checkpoint / "trainer_state.json").unlink()
    (checkpoint / "trainer_state.json").symlink_to(secret / "trainer_state.json")
    (checkpoint / "global_step4").symlink_to(secret)
    (held,) = held_by("gpu-01", list_holdings(job))
    assert held.checkpoint.files.keys() == {"latest", "global_step5/part.pt"}
    assert held.written is None and newest_saved(job) == {"name": "", "written": 0.0}


def test_the_newest_that_was_saved(job: dict[str, Any]) -> None:
    output = Path(job["output_directory"])
    save(output, 4, at=3000.0)
    save(output, 8, at=2000.0)
    save(output, 12, state=False)
    assert newest_saved(job) == {"name": "checkpoint-4", "written": 3000.0}
    assert newest_saved({**job, "output_directory": None})["name"] == ""


def test_what_there_are_copies_of_is_listed_however_old_it_is(job: dict[str, Any], tmp_path: Path) -> None:
    output = Path(job["output_directory"])
    for step in range(1, 20):
        age_of(save(output, step), step)
    newest = {f"checkpoint-{step}" for step in range(12, 20)}
    assert {one.checkpoint.name for one in held_by("gpu-01", list_holdings(job))} == newest
    save(tmp_path / "trainer/copies/sft/1", 3)
    found = held_by("gpu-01", list_holdings(job, ["checkpoint-4", "checkpoint-99"]))
    named = {one.checkpoint.name for one in found if one.place.is_output}
    assert named == newest | {"checkpoint-3", "checkpoint-4"}


def test_an_answer_is_bounded(job: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    save(Path(job["output_directory"]), 4)
    monkeypatch.setattr(holdings, "_MOST_NAME_BYTES", 60)
    (held,) = held_by("gpu-01", list_holdings(job))
    assert len(held.checkpoint.files) == 1 and not held.has_state


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("checkpoint-4", "output/sft/checkpoint-4"),
        ("copies/12/checkpoint-4", "trainer/copies/sft/12/checkpoint-4"),
        ("copies/x/checkpoint-4", None),
        ("copies/../checkpoint-4", None),
        ("copies/checkpoint-4", None),
        ("other/1/checkpoint-4", None),
        ("../checkpoint-4", None),
        ("checkpoint-x", None),
        ("/checkpoint-4", None),
        ("", None),
    ],
)
def test_which_directories_a_keeper_can_name(job: dict[str, Any], tmp_path: Path, path: str, below: str | None) -> None:
    found = directory_of(job, path)
    assert (found and found[0]) == (below and str(tmp_path / below))
    if found:
        assert found[1] == ("" if path.startswith("copies") else job["output_root"])


def test_copies_that_are_not_wanted_any_more_are_removed(job: dict[str, Any], tmp_path: Path) -> None:
    copies = tmp_path / "trainer/copies/sft"
    for number in ("0", "1"):
        save(copies / number, 4)
        save(copies / number, 8)
    drop_copies(job, 1, ["checkpoint-8"])
    assert sorted(str(one.relative_to(copies)) for one in copies.glob("*/*")) == [
        "0/checkpoint-4",
        "0/checkpoint-8",
        "1/checkpoint-8",
    ]
    drop_copies(job, None, [])
    assert not list(copies.iterdir())
    drop_copies({**job, "name": "other"}, None, [])
