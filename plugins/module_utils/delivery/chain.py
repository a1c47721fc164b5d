# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which host receives what from which, in a chain in which every host forwards what it receives.

Each host's interface sends and receives everything once, however many hosts there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Beside the source: the host before, and the one before that, which takes its place where it dies.
_NEAREST = 2


@dataclass(frozen=True)
class Link:
    """One host of the chain. ``receives`` are the items that come to it, ``keeps`` those of them that stay.

    ``peers`` are the hosts that it asks, the nearest first and the source last.
    """

    host: str
    receives: tuple[int, ...]
    keeps: tuple[int, ...]
    peers: tuple[str, ...]
    is_last: bool


def plan_chains(
    source: str, wanted: Mapping[str, Sequence[int]], chains: Sequence[Sequence[str]]
) -> list[tuple[Link, ...]]:
    """Return each of the chains, as C(plan_chain) does it for one, without those that are empty."""
    planned = (plan_chain(source, {host: wanted[host] for host in hosts}) for hosts in chains)
    return [chain for chain in planned if chain]


def plan_chain(source: str, wanted: Mapping[str, Sequence[int]]) -> tuple[Link, ...]:
    """Return the chain of all hosts that lack anything, in the order in which they receive it.

    ``wanted`` holds the items that each host lacks. Those that lack the most come first: where all lack the upper
    part of one list, each host then gets nothing that it does not need itself.
    """
    lacking = [host for host in wanted if wanted[host] and host != source]
    hosts = sorted(lacking, key=lambda host: -len(wanted[host]))
    links: list[Link] = []
    needed: frozenset[int] = frozenset()
    receives: tuple[int, ...] = ()
    sorted_once: dict[int, tuple[int, ...]] = {}
    seen: set[int] = set()
    for place, host in reversed(list(enumerate(hosts))):
        if id(wanted[host]) not in seen:
            seen.add(id(wanted[host]))
            needed |= frozenset(wanted[host])
        if len(needed) > len(receives):
            receives = tuple(sorted(needed))
        # Hosts that lack the same, in one object, share what is made of it.
        keeps = sorted_once.setdefault(id(wanted[host]), receives)
        if len(keeps) != len(wanted[host]):
            keeps = sorted_once[id(wanted[host])] = tuple(sorted(wanted[host]))
        before = tuple(hosts[max(place - _NEAREST, 0) : place][::-1])
        links.append(Link(host, receives, keeps, (*before, source), place == len(hosts) - 1))
    return tuple(reversed(links))
