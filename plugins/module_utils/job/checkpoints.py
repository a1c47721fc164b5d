# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide by the files of a checkpoint whether a job with this many processes can resume from it.

The trainer writes C(trainer_state.json) last, so a checkpoint without it is incomplete. Where every rank
writes a part of its own (DeepSpeed's ZeRO, and FSDP with a sharded or a local state), the parts of all ranks have to be
in one directory: on hosts without shared storage they never are, and such a checkpoint is incomplete.
"""

from __future__ import annotations

import itertools
import posixpath
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_WEIGHTS = re.compile(r"(model|pytorch_model|adapter_model|tf_model)[^/]*\.(safetensors|bin)$")
_NUMBERED = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.(?:safetensors|bin))")
_ZERO_PART = re.compile(r"(.*)zero_pp_rank_(\d{1,6})_mp_rank_(\d{1,6})_(optim|model)_states\.pt")
_LOCAL_PART = re.compile(r"(.*/)?pytorch_model_fsdp(?:_\d+)?_rank(\d{1,6})\.bin")
# Written by torch.distributed.checkpoint: the parts of the ranks, and last the file that names them.
_SHARD = re.compile(r"__(\d{1,6})_\d{1,6}\.distcp")
METADATA = ".metadata"
STATE = "trainer_state.json"


@dataclass(frozen=True)
class Checkpoint:
    """``files`` are sizes in bytes by the path below it; ``shards`` are the files that its indexes name.

    ``state_step`` is the step in C(trainer_state.json), or None where that cannot be read. ``seconds`` is the time from
    the creation of its directory until that file was written, or None where that is not known.
    """

    name: str
    step: int
    files: Mapping[str, int]
    state_step: int | None = None
    shards: frozenset[str] = field(default_factory=frozenset)
    seconds: float | None = None


def shards_of_index(index: Mapping[str, Any]) -> frozenset[str]:
    """Return the files that an index of weights (C(model.safetensors.index.json)) names."""
    weight_map = index.get("weight_map")
    return frozenset(str(shard) for shard in weight_map.values()) if isinstance(weight_map, Mapping) else frozenset()


def shards_of_metadata(path: str, content: str) -> frozenset[str]:
    """Return the files that the C(.metadata) at ``path`` names, all in its own directory.

    It is a pickle, which is never loaded; ``content`` is what of it could be decoded as text.
    """
    directory = posixpath.dirname(path)
    return frozenset(posixpath.join(directory, found[0]) for found in _SHARD.finditer(content))


def missing(checkpoint: Checkpoint, world_size: int) -> str:
    """Return the first thing that the checkpoint lacks, empty where it is complete."""
    if isinstance(checkpoint.state_step, bool) or checkpoint.state_step != checkpoint.step:
        return STATE
    written = frozenset(name for name, size in checkpoint.files.items() if size)
    absent = [
        *sorted(checkpoint.shards - written),
        *_of_sharded_state(written, checkpoint.shards, world_size),
        *_numbered(written),
        *_of_zero(written, world_size),
        *_of_local_state(written, world_size),
    ]
    if absent:
        return absent[0]
    return "" if any(_holds_weights(name) for name in written) else "the weights of the model"


def newest_complete(checkpoints: Iterable[Checkpoint], world_size: int) -> Checkpoint | None:
    """Return the complete checkpoint with the highest step, or None."""
    complete = [checkpoint for checkpoint in checkpoints if not missing(checkpoint, world_size)]
    return max(complete, key=lambda checkpoint: checkpoint.step, default=None)


def saving_of(checkpoints: Iterable[Checkpoint], world_size: int) -> dict[str, Any]:
    """Return C(checkpoint_seconds), how long the whole ones took (the median), and C(checkpoint_every), in steps.

    Each is None where it is not known.
    """
    whole = sorted((one for one in checkpoints if not missing(one, world_size)), key=lambda one: one.step)
    seconds = [one.seconds for one in whole if one.seconds is not None]
    gaps = [after.step - before.step for before, after in itertools.pairwise(whole)]
    return {
        "checkpoint_seconds": round(statistics.median(seconds), 3) if seconds else None,
        "checkpoint_every": min((gap for gap in gaps if gap > 0), default=None),
    }


def _holds_weights(name: str) -> bool:
    directory, _slash, last = name.rpartition("/")
    if _SHARD.fullmatch(last):
        return not directory.rpartition("/")[2].startswith("optimizer")
    return bool(_WEIGHTS.search(name) or _ZERO_PART.fullmatch(name))


def _of_sharded_state(written: frozenset[str], named: frozenset[str], world_size: int) -> Iterator[str]:
    """Yield what FSDP's sharded state lacks: by C(.metadata), and by the ranks where that could not be read.

    With a hybrid strategy only some of the ranks write a part.
    """
    directories: dict[str, set[int]] = {}
    for name in written:
        directory, last = posixpath.split(name)
        if found := _SHARD.fullmatch(last):
            directories.setdefault(directory, set()).add(int(found[1]))
    for directory, ranks in sorted(directories.items()):
        if posixpath.join(directory, METADATA) not in written:
            yield posixpath.join(directory, METADATA)
        elif not any(posixpath.dirname(name) == directory and name.endswith(".distcp") for name in named):
            yield from (f"the part of rank {rank} in {directory}" for rank in _absent(world_size, ranks))


def _numbered(written: frozenset[str]) -> Iterator[str]:
    """Yield the absent ones of weights in several files, whose names say how many there are."""
    for name in sorted(written):
        if found := _NUMBERED.fullmatch(name):
            last = min(int(found[3]), len(written) + 1)
            others = (f"{found[1]}-{number:05}-of-{found[3]}{found[4]}" for number in range(1, last + 1))
            yield from (other for other in others if other not in written)


def _of_zero(written: frozenset[str], world_size: int) -> Iterator[str]:
    """Yield what DeepSpeed's ZeRO lacks: the parts of all data-parallel ranks, for each model-parallel rank."""
    parts: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for name in written:
        if found := _ZERO_PART.fullmatch(name):
            parts.setdefault((found[4], found[1]), set()).add((int(found[2]), int(found[3])))
    for (kind, _prefix), ranks in sorted(parts.items(), reverse=True):
        what = "optimizer" if kind == "optim" else "model"
        model_ranks = {model_rank for _data_rank, model_rank in ranks}
        for model_rank in sorted(model_ranks):
            present = {data_rank for data_rank, its_model_rank in ranks if its_model_rank == model_rank}
            wanted = -(-world_size // len(model_ranks))
            yield from (f"the {what}'s part of rank {rank}" for rank in _absent(wanted, present))


def _of_local_state(written: frozenset[str], world_size: int) -> Iterator[str]:
    ranks = {int(found[2]) for name in written if (found := _LOCAL_PART.fullmatch(name))}
    if ranks:
        yield from (f"the model's part of rank {rank}" for rank in _absent(world_size, ranks))


def _absent(count: int, ranks: Iterable[int]) -> list[int]:
    return sorted(set(range(count)) - set(ranks))
