# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide which files of a whole checkpoint are copied to the next host, so that the loss of one disk loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .holding import Held, Node, Place
from .restart import is_shared
from .verdict import Verdict, judge_all


@dataclass(frozen=True)
class Copy:
    """The files that the node ``number`` has on the host ``source`` go to the host ``dest``."""

    number: int
    source: str
    dest: str
    paths: tuple[str, ...]
    bytes: int


def plan_copies(verdict: Verdict, held: Sequence[Held], nodes: Sequence[Node]) -> list[Copy]:
    """Return one copy for each host that has files which the next one, in the order of the ranks, does not see.

    A host's files are those that are taken from it when the job goes on.
    """
    outputs = {one.place.host: one for one in held if one.place.is_output and one.checkpoint.name == verdict.name}
    copies = []
    for at, node in enumerate(nodes):
        dest = nodes[(at + 1) % len(nodes)].host
        own = outputs.get(node.host)
        paths = sorted(path for path, place in verdict.sources.items() if place == Place(node.host))
        if own and paths and dest != node.host and not is_shared(verdict, held, node.host, dest):
            size = sum(own.checkpoint.files[path] for path in paths)
            copies.append(Copy(node.number, node.host, dest, tuple(paths), size))
    return copies


def is_spread(verdict: Verdict, held: Sequence[Held], nodes: Sequence[Node]) -> bool:
    """Return whether it is whole by several hosts alone, so that the loss of one disk or another would lose it."""
    outputs = [one for one in held if one.place.is_output and one.checkpoint.name == verdict.name]
    needed = [node for node in nodes if not _is_whole_without(node, outputs, nodes)]
    return len(needed) > 1


def _is_whole_without(node: Node, outputs: Sequence[Held], nodes: Sequence[Node]) -> bool:
    return any(one.is_whole for one in judge_all([one for one in outputs if one.place.host != node.host], nodes))
