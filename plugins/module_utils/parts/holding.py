# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each host of a job holds of its checkpoints: in the output directory, and as copies of another host's parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..job.checkpoints import Checkpoint, written_files


@dataclass(frozen=True)
class Node:
    """A host with the ranks of its processes; ``number`` is its node rank."""

    host: str
    number: int
    ranks: range


@dataclass(frozen=True)
class Place:
    """The output directory of a host, or its copies of what the node with the number ``copy_of`` has written."""

    host: str
    copy_of: int | None = None

    @property
    def is_output(self) -> bool:
        return self.copy_of is None

    def path_of(self, checkpoint: str) -> str:
        """Return how the agent of the host names the checkpoint here."""
        return checkpoint if self.is_output else f"copies/{self.copy_of}/{checkpoint}"


@dataclass(frozen=True)
class Held:
    """A checkpoint as one place has it.

    ``identity`` is the same on two hosts that see the same file system, and empty where that is not known. ``written``
    is when C(trainer_state.json) was modified, in seconds since the epoch.
    """

    place: Place
    checkpoint: Checkpoint
    identity: str = ""
    written: float | None = None

    @property
    def whole(self) -> frozenset[str]:
        return written_files(self.checkpoint)

    @property
    def has_state(self) -> bool:
        return self.checkpoint.state_step == self.checkpoint.step


def nodes_of(ranks: Sequence[Mapping[str, Any]]) -> list[Node]:
    """Return the hosts of a job in the order of their node ranks, by entries as C(placement.ranks) makes them."""
    nodes, first = [], 0
    for one in sorted(ranks, key=lambda rank: int(rank["rank"])):
        nodes.append(Node(one["host"], int(one["rank"]), range(first, first + int(one["processes"]))))
        first += int(one["processes"])
    return nodes


def held_by(host: str, found: Mapping[str, Any]) -> Iterator[Held]:
    """Yield what a host holds, by the answer of its agent: C(output) and, by the number of a node, C(copies)."""
    yield from _held(Place(host), found.get("output") or [])
    for number, checkpoints in (found.get("copies") or {}).items():
        yield from _held(Place(host, int(number)), checkpoints)


def _held(place: Place, checkpoints: Iterable[Mapping[str, Any]]) -> Iterator[Held]:
    for one in checkpoints:
        checkpoint = Checkpoint(
            one["name"],
            one["step"],
            one["files"],
            one["state_step"],
            frozenset(one["shards"]),
            cut=frozenset(one["cut"]),
            changed=one["changed"],
        )
        yield Held(place, checkpoint, one["identity"], one["written"])
