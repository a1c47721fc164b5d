# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which checkpoints are whole, and what is made of the newest one."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.job.checkpoint_files import read_checkpoints
from ansible_collections.distrain.cluster.plugins.module_utils.job.checkpoints import (
    Checkpoint,
    missing,
    newest_complete,
    saving_of,
    shards_of_index,
    shards_of_metadata,
)
from ansible_collections.distrain.cluster.plugins.module_utils.job.container_files import ContainerFiles
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import resumed_settings
from ansible_collections.distrain.cluster.plugins.modules import trainer_checkpoint_info
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.settings import settings_text
from ansible_collections.distrain.cluster.tests.unit.support.json_values import JSON, TECHNICAL, TEXT
from hypothesis import given
from hypothesis import strategies as st

BESIDE = {"latest": 9, "global_step4/mp_rank_00_model_states.pt": 9}
PARTS = {f"global_step4/bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt": 9 for rank in (0, 1)} | BESIDE
ZERO = "global_step4/bf16_zero_pp_rank_"
STATE: dict[str, Any] = {"state_step": 4}


def files_of(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, 9)


def without(files: dict[str, int], name: str) -> dict[str, int]:
    return {one: size for one, size in files.items() if not one.startswith(name)}


# As accelerate writes it with SHARDED_STATE_DICT, on two ranks.
FSDP = files_of(
    *(
        f"{directory}/{name}"
        for directory in ("pytorch_model_fsdp_0", "optimizer_0")
        for name in (".metadata", "__0_0.distcp", "__1_0.distcp")
    ),
    "trainer_state.json",
    "scheduler.pt",
    "rng_state_0.pth",
)
NAMED = {**STATE, "shards": frozenset(name for name in FSDP if name.endswith(".distcp"))}
HYBRID = {**STATE, "shards": NAMED["shards"] - {"pytorch_model_fsdp_0/__1_0.distcp"}}

STAGE_3 = without(PARTS, "global_step4/mp") | files_of(
    *(f"global_step4/zero_pp_rank_{rank}_mp_rank_00_model_states.pt" for rank in (0, 1))
)
TWO_MODEL_RANKS = BESIDE | files_of(
    "global_step4/mp_rank_01_model_states.pt",
    *(f"{ZERO}0_mp_rank_0{rank}_optim_states.pt" for rank in (0, 1)),
)
OTHER_WORLD = "as many processes as the job has: it was written by"


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
        (without(PARTS, f"{ZERO}1"), {"state_step": 4}, "the optimizer's part of rank 1"),
        (without(PARTS, "latest"), {"state_step": 4}, "latest"),
        (without(PARTS, "global_step4/mp"), {"state_step": 4}, "global_step4/mp_rank_00_model_states.pt"),
        (PARTS, {**STATE, "cut": frozenset(["latest"])}, "latest"),
        ({**PARTS, f"{ZERO}3_mp_rank_00_optim_states.pt": 9}, STATE, f"{OTHER_WORLD} at least 4, and the job has 2"),
        ({**PARTS, f"{ZERO}1_mp_rank_00_optim_states.pt": 0}, {"state_step": 4}, "the optimizer's part of rank 1"),
        (TWO_MODEL_RANKS, STATE, ""),
        (without(TWO_MODEL_RANKS, "global_step4/mp_rank_01"), STATE, "global_step4/mp_rank_01_model_states.pt"),
        (
            files_of(*PARTS, "global_step4/zero_pp_rank_0_mp_rank_00_model_states.pt"),
            STATE,
            "the model's part of rank 1",
        ),
        (STAGE_3, STATE, ""),
        (without(STAGE_3, "global_step4/zero_pp_rank_1"), STATE, "the model's part of rank 1"),
        (FSDP, STATE, ""),
        (FSDP, NAMED, ""),
        (without(FSDP, "optimizer_0"), STATE, ""),
        (without(FSDP, "pytorch_model_fsdp_0"), STATE, "the weights of the model"),
        (without(FSDP, "pytorch_model_fsdp_0/.metadata"), NAMED, "pytorch_model_fsdp_0/.metadata"),
        (without(FSDP, "optimizer_0/.metadata"), STATE, "optimizer_0/.metadata"),
        (without(FSDP, "optimizer_0/__1_0.distcp"), STATE, "the part of rank 1 in optimizer_0"),
        (without(FSDP, "optimizer_0/__1_0.distcp"), NAMED, "optimizer_0/__1_0.distcp"),
        ({**FSDP, "optimizer_0/__1_0.distcp": 0}, NAMED, "optimizer_0/__1_0.distcp"),
        (without(FSDP, "pytorch_model_fsdp_0/__1_0.distcp"), HYBRID, ""),
        ({f"{name}.tmp": size for name, size in FSDP.items()}, STATE, "the weights of the model"),
        (files_of("pytorch_model_fsdp.bin", "optimizer.bin"), STATE, ""),
        (files_of("pytorch_model_fsdp_rank0.bin", "pytorch_model_fsdp_rank1.bin"), STATE, ""),
        (files_of("pytorch_model_fsdp_rank0.bin"), STATE, "the model's part of rank 1"),
        (files_of("pytorch_model_fsdp_rank2.bin"), STATE, f"{OTHER_WORLD} at least 3, and the job has 2"),
        (files_of("model-00001-of-00002.safetensors"), STATE, "model-00002-of-00002.safetensors"),
        (files_of("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"), STATE, ""),
        (files_of("adapter_model.bin", "adapter_config.json"), STATE, ""),
        (files_of("default/adapter_model.safetensors"), STATE, ""),
        (files_of("model.safetensors.tmp", "tmp.bin"), STATE, "the weights of the model"),
        (files_of("model.safetensors"), {"state_step": True}, "trainer_state.json"),
    ],
)
def test_what_a_checkpoint_lacks(files: dict[str, int], more: dict[str, Any], lacks: str) -> None:
    assert missing(Checkpoint("checkpoint-4", 4, files, **more), 2) == lacks


def test_what_an_index_names() -> None:
    assert shards_of_index({"weight_map": {"a": "one", "b": "two", "c": "one"}}) == {"one", "two"}
    assert shards_of_index({"weight_map": ["one"]}) == shards_of_index({}) == frozenset()


def test_what_the_metadata_of_a_sharded_state_names() -> None:
    content = pickle.dumps({"a": Path("__0_0.distcp"), "b": ["__0_0.distcp", "__12_3.distcp"], "c": "__1_0.tmp"})
    text = content.decode(errors="replace")
    assert shards_of_metadata("optimizer_0/.metadata", text) == {
        "optimizer_0/__0_0.distcp",
        "optimizer_0/__12_3.distcp",
    }
    assert shards_of_metadata(".metadata", text) == {"__0_0.distcp", "__12_3.distcp"}


NAMES = st.sampled_from([*FSDP, *PARTS, "model.safetensors", "model-00001-of-99999.bin", "__0_0.distcp"]) | TECHNICAL


@given(st.dictionaries(NAMES, st.integers(0, 9)), st.integers(-1, 9), st.sets(NAMES), st.integers(-2, 70))
def test_whatever_lies_there_is_an_answer(files: dict[str, int], state: int, shards: set[str], world: int) -> None:
    assert isinstance(missing(Checkpoint("checkpoint-4", 4, files, state, frozenset(shards)), world), str)


@given(st.sets(st.sampled_from(sorted(FSDP)), min_size=1))
def test_a_checkpoint_of_which_anything_is_gone_is_not_whole(gone: set[str]) -> None:
    left = {name: size for name, size in FSDP.items() if name not in gone}
    if any(name.startswith(("pytorch", "optimizer")) for name in gone):
        assert missing(Checkpoint("checkpoint-4", 4, left, **NAMED), 2)


@given(TECHNICAL, JSON)
def test_whatever_an_index_holds_is_an_answer(content: str, index: Any) -> None:
    assert isinstance(shards_of_metadata(content, content), frozenset)
    assert isinstance(shards_of_index({"weight_map": index}), frozenset)


def test_a_sharded_checkpoint_is_read_where_it_lies(tmp_path: Path, run_module: Any) -> None:
    for name in FSDP:
        (tmp_path / "checkpoint-4" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "checkpoint-4" / name).write_bytes(pickle.dumps(["__0_0.distcp", "__1_0.distcp"]))
    (tmp_path / "checkpoint-4/trainer_state.json").write_text('{"global_step": 4}')
    arguments = {"output_directory": str(tmp_path), "world_size": 2}
    assert run_module(trainer_checkpoint_info, **arguments)["newest"] == "checkpoint-4"
    (tmp_path / "checkpoint-4/pytorch_model_fsdp_0/__1_0.distcp").unlink()
    (found,) = run_module(trainer_checkpoint_info, **arguments)["checkpoints"]
    assert found["missing"] == "pytorch_model_fsdp_0/__1_0.distcp"


def test_the_newest_whole_one_counts() -> None:
    def checkpoint(step: int, state_step: int | None) -> Checkpoint:
        return Checkpoint(f"checkpoint-{step}", step, {"model.safetensors": 1}, state_step)

    found = [checkpoint(5, 5), checkpoint(20, 20), checkpoint(100, None)]
    newest = newest_complete(found, 1)
    assert newest and newest.name == "checkpoint-20"
    assert newest_complete(found[2:], 1) is None


def test_checkpoints_are_read_where_they_lie(tmp_path: Path, run_module: Any) -> None:
    for step, state in ((10, '{"global_step": 10}'), (20, '{"global_step": 20}'), (30, '{"global_st')):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}/trainer_state.json").write_text(state)
        (tmp_path / f"checkpoint-{step}/model.safetensors").write_text("weights")
    index = {"weight_map": {"a": "model-00001.safetensors"}}
    (tmp_path / "checkpoint-20/model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "checkpoint-x").mkdir()
    found = run_module(trainer_checkpoint_info, output_directory=str(tmp_path))
    assert found["newest"] == "checkpoint-10"
    assert [one["missing"] for one in found["checkpoints"]] == ["", "model-00001.safetensors", "trainer_state.json"]
    absent = run_module(trainer_checkpoint_info, output_directory=str(tmp_path / "absent"))
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


def test_what_the_whole_ones_took_and_how_many_steps_lie_between() -> None:
    def saved(step: int, seconds: float | None, whole: bool = True) -> Checkpoint:
        files = files_of("model.safetensors", "trainer_state.json")
        return Checkpoint(f"checkpoint-{step}", step, files, step if whole else None, seconds=seconds)

    found = [saved(400, 9.0), saved(200, 3.0), saved(300, 4.0), saved(500, 99.0, whole=False)]
    assert saving_of(found) == {"checkpoint_seconds": 4.0, "checkpoint_every": 100}
    assert saving_of([saved(200, None)]) == {"checkpoint_seconds": None, "checkpoint_every": None}
    assert saving_of([]) == {"checkpoint_seconds": None, "checkpoint_every": None}


def test_a_checkpoint_takes_from_its_directory_to_its_state(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint-4"
    checkpoint.mkdir()
    (checkpoint / "model.safetensors").write_bytes(b"weights")
    state = checkpoint / "trainer_state.json"
    state.write_text(json.dumps({"global_step": 4}))
    made = state.stat().st_mtime
    os.utime(state, (made, made + 41.0))
    (found,) = read_checkpoints(ContainerFiles(str(tmp_path)))
    # None where the file system does not keep when a directory was made.
    assert found.seconds is None or 41.0 <= found.seconds < 42.0
    os.utime(state, (made, made - 999.0))
    (found,) = read_checkpoints(ContainerFiles(str(tmp_path)))
    assert found.seconds is None
