# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge by what all hosts hold whether a checkpoint is whole, and where each of its files is to be taken from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..job.checkpoints import lacks
from .holding import Held, Node, Place
from .layout import writers
from .words import host_of_rank, sentences


@dataclass(frozen=True)
class Verdict:
    """``problems`` are parts of sentences, none where the checkpoint is whole over all hosts together.

    ``sources`` has for each file the place to take it from. ``was_whole`` says that all ranks had written their parts
    once. ``written`` is when that was, in seconds since the epoch, or None where that is not known.
    """

    name: str
    step: int
    problems: tuple[str, ...] = ()
    sources: Mapping[str, Place] = field(default_factory=dict)
    written: float | None = None
    was_whole: bool = False

    @property
    def is_whole(self) -> bool:
        return not self.problems

    @property
    def needs_copies(self) -> bool:
        return any(not place.is_output for place in self.sources.values())


def judge_all(held: Iterable[Held], nodes: Sequence[Node], since: float = 0.0, known_whole: str = "") -> list[Verdict]:
    """Return a verdict on each checkpoint, the newest first.

    What was written before ``since`` is left out: it is of another run of the job. ``known_whole`` is a checkpoint that
    was seen whole before, empty for none.
    """
    by_name: dict[str, list[Held]] = {}
    for one in held:
        if one.checkpoint.changed >= since:
            by_name.setdefault(one.checkpoint.name, []).append(_of_run(one, since))
    verdicts = [_judge(some, nodes, name == known_whole) for name, some in by_name.items()]
    return sorted(verdicts, key=lambda verdict: verdict.step, reverse=True)


def _of_run(held: Held, since: float) -> Held:
    """Return it without a state of another run, over which this run has begun to write."""
    if held.written is None or held.written >= since:
        return held
    return replace(held, checkpoint=replace(held.checkpoint, state_step=None), written=None, identity="")


def _judge(held: Sequence[Held], nodes: Sequence[Node], known_whole: bool) -> Verdict:
    ordered = _in_order(held, nodes)
    first = ordered[0].checkpoint
    sources, doubtful = _sources(ordered, nodes, writers(name for one in held for name in one.whole))
    by_place = {one.place: one.checkpoint for one in held}
    state = next((one for one in ordered if one.has_state), None)
    union = replace(
        first,
        files={path: by_place[place].files[path] for path, place in sources.items()},
        state_step=first.step if state else None,
        shards=frozenset().union(*(one.checkpoint.shards for one in held)),
        cut=frozenset(),
    )
    found = lacks(union, sum(len(node.ranks) for node in nodes))
    return Verdict(
        name=first.name,
        step=first.step,
        problems=(*sentences(found, nodes, held), *doubtful),
        sources=sources,
        written=state.written if state else None,
        was_whole=known_whole or state is not None or _is_first_gone(held, nodes),
    )


def _in_order(held: Sequence[Held], nodes: Sequence[Node]) -> list[Held]:
    """Return the places in the order in which files are taken that no rank of its own has written.

    That is the output of the node whose state says that it is whole, in the order of the ranks, and copies at last.
    """
    numbers = {node.host: node.number for node in nodes}

    def key(one: Held) -> tuple[bool, bool, int]:
        number = one.place.copy_of if one.place.copy_of is not None else numbers.get(one.place.host, len(numbers))
        return not one.place.is_output, not one.has_state, number

    return sorted(held, key=key)


def _sources(
    ordered: Sequence[Held], nodes: Sequence[Node], written_by: Mapping[str, int]
) -> tuple[dict[str, Place], list[str]]:
    """Return for each file the place to take it from, and a sentence for each of which that is in doubt.

    A file that names the rank that has written it is taken from that rank's host; without it, the others have to agree.
    """
    sources: dict[str, Place] = {}
    doubtful = []
    for path in dict.fromkeys(name for one in ordered for name in sorted(one.whole)):
        having = [one for one in ordered if path in one.whole]
        owner = host_of_rank(nodes, written_by.get(path))
        own = [one for one in having if one.place == Place(owner)] if owner else []
        copies = [one for one in having if not one.place.is_output]
        sources[path] = (own or (copies if owner and copies else having))[0].place
        if owner and not own and len({one.checkpoint.files[path] for one in having}) > 1:
            sizes = ", ".join(f"{one.checkpoint.files[path]} bytes on {one.place.host}" for one in having)
            doubtful.append(f"{path} of rank {written_by[path]} (host {owner}) has different sizes ({sizes})")
    return sources, doubtful


def _is_first_gone(held: Sequence[Held], nodes: Sequence[Node]) -> bool:
    """Return whether others hold a checkpoint of which the first host, which makes it first, has nothing at all."""
    outputs = {one.place.host for one in held if one.place.is_output}
    return bool(outputs) and nodes[0].host not in outputs
