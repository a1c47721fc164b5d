# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide from which checkpoint a job goes on, which files each host lacks for that, and where they come from.

The ranks stay where they were: torchrun with a static rendezvous, accelerate and DeepSpeed give each host the node rank
that it is told, so that each finds its own parts on its own disk. An elastic rendezvous numbers the hosts anew each
time, and so every host gets all parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .holding import Held, Node, Place
from .layout import readers, writers
from .verdict import Verdict
from .words import listed

REMEDY = (
    "Bring them back to where they were and run playbooks/train.yml -e trainer_launch_resume=true, or begin anew with "
    "playbooks/train.yml. With trainer_launch_checkpoint_copies: 1 the next host keeps a copy of each host's parts."
)


@dataclass(frozen=True)
class Transfer:
    """Files of a checkpoint that go from a place into the output directories of hosts."""

    source: Place
    hosts: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Restart:
    """``newest`` is the checkpoint to go on from, None for the beginning.

    ``refusal`` is why the job must not begin anew by itself: what was whole once is whole no more; empty where it may.
    ``passed_over`` are sentences on newer checkpoints.
    """

    newest: Verdict | None = None
    refusal: str = ""
    passed_over: tuple[str, ...] = ()


def choose(verdicts: Sequence[Verdict]) -> Restart:
    """Return from where a job goes on, by verdicts of which the newest is the first."""
    newest = next((one for one in verdicts if one.is_whole), None)
    newer = [one for one in verdicts if newest is None or one.step > newest.step]
    passed_over = tuple(f"{one.name} is not whole: {listed(one.problems)}." for one in newer)
    lost = next((one for one in newer if one.was_whole), None)
    if newest or not lost:
        return Restart(newest, passed_over=passed_over)
    refusal = f"{lost.name} was whole, and is not any more over all hosts: {listed(lost.problems)}. {REMEDY}"
    return Restart(refusal=refusal, passed_over=passed_over)


@dataclass
class _Wanted:
    """Collects which files go from where to which host, and returns them as few transfers."""

    paths: dict[tuple[Place, str], list[str]] = field(default_factory=dict)

    def add(self, source: Place, host: str, path: str) -> None:
        self.paths.setdefault((source, host), []).append(path)

    def transfers(self) -> list[Transfer]:
        together: dict[tuple[Place, tuple[str, ...]], list[str]] = {}
        for (source, host), paths in self.paths.items():
            together.setdefault((source, tuple(sorted(paths))), []).append(host)
        return [Transfer(source, tuple(hosts), paths) for (source, paths), hosts in together.items()]


def plan_transfers(
    verdict: Verdict, held: Iterable[Held], nodes: Sequence[Node], everywhere: bool = False
) -> tuple[list[Transfer], list[Transfer]]:
    """Return what is brought back from copies, and what then goes from host to host; both empty on shared storage.

    What no rank of a host's own has written is brought even where it is there: an older file may have its name. With
    ``everywhere`` each host gets the parts of all ranks.
    """
    written_by = writers(verdict.sources)
    restored, sources = _from_copies(verdict, nodes, written_by)
    identities = {one.place.host: one.identity for one in held if _is_output_of(one, verdict)}
    wanted = _Wanted()
    for path, source in sources.items():
        reader = None if everywhere else readers(path, written_by)
        for node in nodes:
            is_same = source.host == node.host or _is_shared(identities, source.host, node.host)
            if not is_same and (reader is None or reader in node.ranks):
                wanted.add(source, node.host, path)
    return restored, wanted.transfers()


def is_shared(verdict: Verdict, held: Iterable[Held], one: str, other: str) -> bool:
    """Return whether two hosts see this checkpoint on the same file system."""
    return _is_shared({some.place.host: some.identity for some in held if _is_output_of(some, verdict)}, one, other)


def _is_output_of(held: Held, verdict: Verdict) -> bool:
    return held.place.is_output and held.checkpoint.name == verdict.name


def _is_shared(identities: Mapping[str, str], one: str, other: str) -> bool:
    identity = identities.get(one, "")
    return bool(identity) and identity == identities.get(other)


def _from_copies(
    verdict: Verdict, nodes: Sequence[Node], written_by: Mapping[str, int]
) -> tuple[list[Transfer], dict[str, Place]]:
    """Return the transfers that bring copies back to their hosts, and where each file lies after these."""
    hosts = {node.number: node.host for node in nodes}
    owners = {rank: node.host for node in nodes for rank in node.ranks}
    wanted, sources = _Wanted(), {}
    for path, source in verdict.sources.items():
        sources[path] = source
        if source.copy_of is not None:
            owner = owners.get(written_by.get(path, -1)) or hosts.get(source.copy_of, nodes[0].host)
            others = [node.host for node in nodes if node.host != source.host]
            host = owner if owner != source.host else next(iter(others), owner)
            wanted.add(source, host, path)
            sources[path] = Place(host)
    return wanted.transfers(), sources
