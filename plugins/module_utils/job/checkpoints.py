# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide by the files of a checkpoint whether a job with this many processes can resume from it.

The trainer writes C(trainer_state.json) last, so a checkpoint without it is incomplete. Where every rank
writes a part of its own (DeepSpeed's ZeRO, and FSDP with a sharded or a local state), the parts of all ranks are
needed. On hosts without shared storage each has its own alone: the room C(parts) puts the files of all hosts together.

The names are those of transformers' Trainer._save_checkpoint (4.57), DeepSpeedEngine._get_ckpt_name,
_get_rank_zero_ckpt_name and save_checkpoint (0.16.9), accelerate's utils/fsdp_utils.py, and FileSystemWriter of
torch.distributed.checkpoint. DeepSpeed passes a barrier behind the parts of all ranks and C(latest), and torch writes
C(.metadata) once all ranks have written, so that C(trainer_state.json) proves both.
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
_MODEL_STATES = re.compile(r"(.*)mp_rank_(\d{1,6})_model_states\.pt")
_TAG = re.compile(r"global_step\d{1,18}/")
_LOCAL_PART = re.compile(r"(.*/)?pytorch_model_fsdp(?:_\d+)?_rank(\d{1,6})\.bin")
# Written by torch.distributed.checkpoint: the parts of the ranks, and last the file that names them.
_SHARD = re.compile(r"__(\d{1,6})_\d{1,6}\.distcp")
METADATA = ".metadata"
STATE = "trainer_state.json"
# The file in which DeepSpeed names the directory to load.
LATEST = "latest"
_RANK = "{rank}"


@dataclass(frozen=True)
class Lack:
    """Something that a checkpoint lacks; in ``what`` the number of the rank that writes it is left open."""

    what: str
    rank: int | None = None
    path: str = ""

    @property
    def text(self) -> str:
        return self.what if self.rank is None else self.what.replace(_RANK, str(self.rank))


@dataclass(frozen=True)
class Checkpoint:
    """``files`` are sizes in bytes by the path below it; ``shards`` are the files that its indexes name.

    ``state_step`` is the step in C(trainer_state.json), or None where that cannot be read. ``seconds`` is the time from
    the creation of its directory until that file was written, or None where that is not known. ``cut`` are files whose
    end is missing. ``changed`` is when the newest of its files was modified, in seconds since the epoch.
    """

    name: str
    step: int
    files: Mapping[str, int]
    state_step: int | None = None
    shards: frozenset[str] = field(default_factory=frozenset)
    seconds: float | None = None
    cut: frozenset[str] = field(default_factory=frozenset)
    changed: float = 0.0


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
    found = lacks(checkpoint, world_size)
    return found[0].text if found else ""


def lacks(checkpoint: Checkpoint, world_size: int) -> list[Lack]:
    """Return all that the checkpoint lacks, the most telling first."""
    found = []
    if isinstance(checkpoint.state_step, bool) or checkpoint.state_step != checkpoint.step:
        found.append(Lack(STATE, path=STATE))
    written = written_files(checkpoint)
    found += [
        *(Lack(name, _rank_of_shard(name), name) for name in sorted(checkpoint.shards - written)),
        *_of_sharded_state(written, checkpoint.shards, world_size),
        *_numbered(written),
        *_of_zero(written, world_size),
        *_of_local_state(written, world_size),
    ]
    if found:
        return found
    return [] if any(_holds_weights(name) for name in written) else [Lack("the weights of the model")]


def written_files(checkpoint: Checkpoint) -> frozenset[str]:
    """Return the files that are there with their end."""
    return frozenset(name for name, size in checkpoint.files.items() if size) - checkpoint.cut


def newest_complete(checkpoints: Iterable[Checkpoint], world_size: int) -> Checkpoint | None:
    """Return the complete checkpoint with the highest step, or None."""
    complete = [checkpoint for checkpoint in checkpoints if not missing(checkpoint, world_size)]
    return max(complete, key=lambda checkpoint: checkpoint.step, default=None)


def saving_of(checkpoints: Iterable[Checkpoint]) -> dict[str, Any]:
    """Return C(checkpoint_seconds), how long those took that came to their end (the median), and C(checkpoint_every).

    That is in steps. Each is None where it is not known. What is gone since, or lies on another host, does not matter.
    """
    whole = sorted((one for one in checkpoints if one.state_step == one.step), key=lambda one: one.step)
    seconds = [one.seconds for one in whole if one.seconds is not None]
    gaps = [after.step - before.step for before, after in itertools.pairwise(whole)]
    return {
        "checkpoint_seconds": round(statistics.median(seconds), 3) if seconds else None,
        "checkpoint_every": min((gap for gap in gaps if gap > 0), default=None),
    }


def _rank_of_shard(name: str) -> int | None:
    found = _SHARD.fullmatch(posixpath.basename(name))
    return int(found[1]) if found else None


def _holds_weights(name: str) -> bool:
    directory, _slash, last = name.rpartition("/")
    if _SHARD.fullmatch(last):
        return not directory.rpartition("/")[2].startswith("optimizer")
    return bool(_WEIGHTS.search(name) or _ZERO_PART.fullmatch(name) or _MODEL_STATES.fullmatch(name))


def _of_sharded_state(written: frozenset[str], named: frozenset[str], world_size: int) -> Iterator[Lack]:
    """Yield what FSDP's sharded state lacks: by C(.metadata), and by the ranks where that could not be read.

    With a hybrid strategy only some of the ranks write a part. Another number of processes can load it.
    """
    directories: dict[str, set[int]] = {}
    for name in written:
        directory, last = posixpath.split(name)
        if found := _SHARD.fullmatch(last):
            directories.setdefault(directory, set()).add(int(found[1]))
    for directory, ranks in sorted(directories.items()):
        metadata = posixpath.join(directory, METADATA)
        if metadata not in written:
            yield Lack(metadata, path=metadata)
        elif not any(posixpath.dirname(name) == directory and name.endswith(".distcp") for name in named):
            for rank in _absent(world_size, ranks):
                yield Lack(f"the part of rank {_RANK} in {directory}", rank, posixpath.join(directory, f"__{rank}_"))


def _numbered(written: frozenset[str]) -> Iterator[Lack]:
    """Yield the absent ones of weights in several files, whose names say how many there are."""
    for name in sorted(written):
        if found := _NUMBERED.fullmatch(name):
            last = min(int(found[3]), len(written) + 1)
            others = (f"{found[1]}-{number:05}-of-{found[3]}{found[4]}" for number in range(1, last + 1))
            yield from (Lack(other, path=other) for other in others if other not in written)


def _of_zero(written: frozenset[str], world_size: int) -> Iterator[Lack]:
    """Yield what DeepSpeed's ZeRO lacks: the parts of all data-parallel ranks, for each model-parallel rank.

    With stages 1 and 2 the model itself is in a file of each model-parallel rank. Without C(latest) transformers loads
    nothing of it.
    """
    parts: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for name in written:
        if found := _ZERO_PART.fullmatch(name):
            parts.setdefault((found[4], found[1]), set()).add((int(found[2]), int(found[3])))
    for (kind, prefix), ranks in sorted(parts.items(), reverse=True):
        what = f"the {'optimizer' if kind == 'optim' else 'model'}'s part of rank {_RANK}"
        model_ranks = {model_rank for _data_rank, model_rank in ranks}
        wanted = -(-world_size // len(model_ranks))
        if most := max((data_rank for data_rank, _model_rank in ranks if data_rank >= wanted > 0), default=0):
            yield Lack(
                f"as many processes as the job has: it was written by at least {most + 1}, and the job has {wanted}"
            )
        for model_rank in sorted(model_ranks):
            present = {data_rank for data_rank, its_model_rank in ranks if its_model_rank == model_rank}
            for rank in _absent(wanted, present):
                path = f"{prefix}zero_pp_rank_{rank}_mp_rank_{model_rank:02}_{kind}_states.pt"
                yield Lack(what, rank if len(model_ranks) == 1 else None, path)
    yield from _beside_zero(written, parts)


def _beside_zero(written: frozenset[str], parts: Mapping[tuple[str, str], set[tuple[int, int]]]) -> Iterator[Lack]:
    """Yield what the first rank alone writes beside the parts."""
    for (kind, prefix), ranks in sorted(parts.items()):
        directory = posixpath.dirname(prefix)
        has_model_parts = any(its_kind == "model" and posixpath.dirname(one) == directory for its_kind, one in parts)
        if kind == "optim" and not has_model_parts:
            for model_rank in sorted({model_rank for _data_rank, model_rank in ranks}):
                path = posixpath.join(directory, f"mp_rank_{model_rank:02}_model_states.pt")
                if path not in written:
                    yield Lack(path, path=path)
        if _TAG.match(prefix) and LATEST not in written:
            yield Lack(LATEST, path=LATEST)
            return


def _of_local_state(written: frozenset[str], world_size: int) -> Iterator[Lack]:
    """Yield the parts that FSDP's local state lacks; no other number of processes can load it."""
    found = {int(named[2]): named[1] or "" for name in written if (named := _LOCAL_PART.fullmatch(name))}
    if found and max(found) >= world_size > 0:
        yield Lack(
            "as many processes as the job has: it was written by at least "
            f"{max(found) + 1}, and the job has {world_size}"
        )
    directory = next(iter(found.values()), "")
    for rank in _absent(world_size, found) if found else []:
        path = f"{directory}pytorch_model_fsdp_rank{rank}.bin"
        yield Lack(f"the model's part of rank {_RANK}", rank, path)


def _absent(count: int, ranks: Iterable[int]) -> list[int]:
    return sorted(set(range(count)) - set(ranks))
