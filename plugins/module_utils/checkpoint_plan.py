# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which checkpoint of a job is whole, and so can be gone on from.

The trainer writes C(trainer_state.json) last, so a checkpoint that has it was written to its end. Where every rank
writes a part of its own (DeepSpeed's ZeRO), the parts of all ranks have to be in the one directory: on hosts without
shared storage they never are, and such a checkpoint is not whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_WEIGHTS = re.compile(r"(model|pytorch_model|adapter_model|tf_model)[^/]*\.(safetensors|bin)$")
_RANK_PART = re.compile(r"zero_pp_rank_(\d+)_.*optim_states\.pt$")


@dataclass(frozen=True)
class Checkpoint:
    """``files`` are its sizes by names below it; ``shards`` are the files that its index of weights names.

    ``state_step`` is the step that its state tells, or None where there is no state that can be read.
    """

    name: str
    step: int
    files: Mapping[str, int]
    state_step: int | None = None
    shards: frozenset[str] = field(default_factory=frozenset)


def missing(checkpoint: Checkpoint, world_size: int) -> str:
    """What it lacks; empty where it is whole."""
    if checkpoint.state_step != checkpoint.step:
        return "trainer_state.json"
    empty = sorted(shard for shard in checkpoint.shards if not checkpoint.files.get(shard))
    if empty:
        return empty[0]
    parts = {int(found[1]) for name in checkpoint.files if (found := _RANK_PART.search(name))}
    absent = sorted(set(range(world_size)) - parts) if parts else []
    if absent:
        return f"the optimizer's part of rank {absent[0]}"
    if not parts and not any(size and _WEIGHTS.search(name) for name, size in checkpoint.files.items()):
        return "the weights of the model"
    return ""


def newest_whole(checkpoints: Iterable[Checkpoint], world_size: int) -> Checkpoint | None:
    whole = [checkpoint for checkpoint in checkpoints if not missing(checkpoint, world_size)]
    return max(whole, key=lambda checkpoint: checkpoint.step, default=None)
