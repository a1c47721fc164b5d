# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checkpoints as several hosts hold them, planted after the layouts of DeepSpeed, FSDP and transformers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.job.checkpoints import Checkpoint
from ansible_collections.distrain.cluster.plugins.module_utils.parts.holding import Held, Node, Place

# Two hosts with two ranks each.
NODES = (Node("gpu-01", 0, range(2)), Node("gpu-02", 1, range(2, 4)))
WORLD = range(4)
SAVED_AT = 1000.0
COMMON = ("trainer_state.json", "config.json", "training_args.bin", "scheduler.pt")


def zero(step: int, stage: int) -> dict[str, int | None]:
    """Return the files of DeepSpeed, each with the rank that writes it."""
    tag = f"global_step{step}"
    files: dict[str, int | None] = {"latest": 0}
    for rank in WORLD:
        files[f"{tag}/bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt"] = rank
        if stage == 3:
            files[f"{tag}/zero_pp_rank_{rank}_mp_rank_00_model_states.pt"] = rank
    if stage < 3:
        files[f"{tag}/mp_rank_00_model_states.pt"] = 0
    return files


def fsdp() -> dict[str, int | None]:
    """Return the files of accelerate with a sharded state."""
    files: dict[str, int | None] = {}
    for directory in ("pytorch_model_fsdp_0", "optimizer_0"):
        files[f"{directory}/.metadata"] = 0
        files |= {f"{directory}/__{rank}_0.distcp": rank for rank in WORLD}
    return files


def layout(kind: str, step: int) -> dict[str, int | None]:
    """Return all files of a checkpoint of this kind with the rank that writes each."""
    parts = {
        "zero1": lambda: zero(step, 1),
        "zero2": lambda: zero(step, 2),
        "zero3": lambda: zero(step, 3),
        "fsdp": fsdp,
        "plain": lambda: {"model.safetensors": 0, "optimizer.pt": 0},
    }[kind]()
    return {**parts, **{f"rng_state_{rank}.pth": rank for rank in WORLD}, **dict.fromkeys(COMMON, 0)}


def checkpoint(files: Iterable[str], step: int, kind: str = "plain") -> Checkpoint:
    names = list(files)
    shards = frozenset(name for name in layout(kind, step) if name.endswith(".distcp"))
    has_metadata = any(name.endswith(".metadata") for name in names)
    return Checkpoint(
        f"checkpoint-{step}",
        step,
        dict.fromkeys(names, 9),
        step if "trainer_state.json" in names else None,
        shards if has_metadata else frozenset(),
        changed=SAVED_AT + step,
    )


def held(place: Place, files: Iterable[str], step: int, kind: str = "plain", identity: str = "") -> Held:
    made = checkpoint(files, step, kind)
    return Held(place, made, identity, SAVED_AT + step if made.state_step is not None else None)


def separate(kind: str, step: int, nodes: Iterable[Node] = NODES) -> list[Held]:
    """Return the checkpoint on hosts with disks of their own."""
    files = layout(kind, step)
    return [
        held(Place(node.host), [name for name, rank in files.items() if rank in node.ranks], step, kind)
        for node in nodes
    ]


def shared(kind: str, step: int) -> list[Held]:
    return [held(Place(node.host), layout(kind, step), step, kind, "7:8:9") for node in NODES]


def copies(kind: str, step: int) -> list[Held]:
    """Return what each host keeps of the one before it."""
    files = layout(kind, step)
    hosts = {node.number: NODES[(at + 1) % len(NODES)].host for at, node in enumerate(NODES)}
    return [
        held(
            Place(hosts[node.number], node.number),
            [name for name, rank in files.items() if rank in node.ranks],
            step,
            kind,
        )
        for node in NODES
    ]


def answers(found: Iterable[Held]) -> dict[str, dict[str, Any]]:
    """Return by host what its agent says of this."""
    said: dict[str, dict[str, Any]] = {node.host: {"output": [], "copies": {}, "saving": {}} for node in NODES}
    for one in found:
        checkpoint = one.checkpoint
        described = {
            "name": checkpoint.name,
            "step": checkpoint.step,
            "state_step": checkpoint.state_step,
            "files": dict(checkpoint.files),
            "shards": sorted(checkpoint.shards),
            "cut": sorted(checkpoint.cut),
            "changed": checkpoint.changed,
            "identity": one.identity,
            "written": one.written,
        }
        own = said[one.place.host]
        (own["output"] if one.place.is_output else own["copies"].setdefault(str(one.place.copy_of), [])).append(
            described
        )
    return said


def without_disk(held_by_all: Iterable[Held], host: str) -> list[Held]:
    """Return what is left once everything on a host is gone."""
    return [one for one in held_by_all if one.place.host != host]


def changed(one: Held, files: Mapping[str, int] | None = None, cut: Iterable[str] = ()) -> Held:
    """Return it with other sizes of some files, or with files whose end is missing."""
    sizes = {**one.checkpoint.files, **(files or {})}
    return replace(one, checkpoint=replace(one.checkpoint, files=sizes, cut=frozenset(cut)))
