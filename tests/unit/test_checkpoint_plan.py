# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which checkpoints are whole, and what is made of the newest one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.checkpoint_plan import Checkpoint, missing, newest_whole
from ansible_collections.distrain.cluster.plugins.module_utils.launch_plan import resumed_settings
from ansible_collections.distrain.cluster.plugins.modules import trainer_checkpoint_info
from ansible_collections.distrain.cluster.plugins.plugin_utils.job_settings import settings_text
from hypothesis import given
from hypothesis import strategies as st
from json_values import JSON, TEXT
from module_runner import run_module

PARTS = {f"global_step4/bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt": 9 for rank in (0, 1)}


@pytest.mark.parametrize(
    ("files", "more", "lacks"),
    [
        ({"model.safetensors": 9}, {"state_step": 4}, ""),
        ({"adapter_model.safetensors": 9}, {"state_step": 4}, ""),
        ({"pytorch_model-00001-of-00001.bin": 9}, {"state_step": 4}, ""),
        ({"model.safetensors": 9}, {}, "trainer_state.json"),
        ({"model.safetensors": 9}, {"state_step": 3}, "trainer_state.json"),
        ({"model.safetensors": 0}, {"state_step": 4}, "the weights of the model"),
        ({"optimizer.pt": 9}, {"state_step": 4}, "the weights of the model"),
        (
            {"model-1.safetensors": 9},
            {"state_step": 4, "shards": frozenset({"model-1.safetensors", "model-2.safetensors"})},
            "model-2.safetensors",
        ),
        (PARTS, {"state_step": 4}, ""),
        (dict(list(PARTS.items())[:1]), {"state_step": 4}, "the optimizer's part of rank 1"),
    ],
)
def test_what_a_checkpoint_lacks(files: dict[str, int], more: dict[str, Any], lacks: str) -> None:
    assert missing(Checkpoint("checkpoint-4", 4, files, **more), 2) == lacks


def test_the_newest_whole_one_counts() -> None:
    def checkpoint(step: int, state_step: int | None) -> Checkpoint:
        return Checkpoint(f"checkpoint-{step}", step, {"model.safetensors": 1}, state_step)

    found = [checkpoint(5, 5), checkpoint(20, 20), checkpoint(100, None)]
    newest = newest_whole(found, 1)
    assert newest and newest.name == "checkpoint-20"
    assert newest_whole(found[2:], 1) is None


def test_checkpoints_are_read_where_they_lie(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    for step, state in ((10, '{"global_step": 10}'), (20, '{"global_step": 20}'), (30, '{"global_st')):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}/trainer_state.json").write_text(state)
        (tmp_path / f"checkpoint-{step}/model.safetensors").write_text("weights")
    index = {"weight_map": {"a": "model-00001.safetensors"}}
    (tmp_path / "checkpoint-20/model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "checkpoint-x").mkdir()
    found = run_module(trainer_checkpoint_info, None, monkeypatch, capsys, output_directory=str(tmp_path))
    assert found["newest"] == "checkpoint-10"
    assert [one["missing"] for one in found["checkpoints"]] == ["", "model-00001.safetensors", "trainer_state.json"]
    absent = run_module(trainer_checkpoint_info, None, monkeypatch, capsys, output_directory=str(tmp_path / "absent"))
    assert (absent["newest"], absent["checkpoints"]) == ("", [])


def test_the_settings_name_the_checkpoint_once() -> None:
    assert resumed_settings("a: 1\nresume: /x\n", "resume", "/app/o/checkpoint-4") == (
        'a: 1\nresume: "/app/o/checkpoint-4"\n'
    )
    assert resumed_settings("a: 1\n", "resume", "") == "a: 1\n"
    assert resumed_settings(None, "resume", "/x") is None


@pytest.mark.parametrize(
    "before",
    [
        "/app/output/checkpoint-2",
        "a path of many words, which is long enough to be folded " * 3,
        "lines\n\nof a text\n",
        ["/one", "/two"],
        {"path": "/one", "more": ["/two"]},
        True,
        "\U0001f600",
    ],
)
def test_a_checkpoint_takes_the_place_of_whatever_was_there(before: Any) -> None:
    settings = {"a": ["b"], "resume": before, "resume_from": {"resume": 1}, "z": "resume: x\nresume: y\n"}
    checkpoint = "/app/\U0001f600/checkpoint-4"
    resumed = resumed_settings(settings_text(settings), "resume", checkpoint)
    assert yaml.safe_load(resumed or "") == settings | {"resume": checkpoint}


@given(st.dictionaries(TEXT, JSON), JSON, TEXT.filter(bool))
def test_only_the_checkpoint_is_another_one(settings: dict[str, Any], before: Any, checkpoint: str) -> None:
    text = settings_text(settings | {"resume": before})
    resumed = yaml.safe_load(resumed_settings(text, "resume", checkpoint) or "")
    assert resumed == yaml.safe_load(text) | {"resume": checkpoint}
