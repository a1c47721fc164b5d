# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the few hosts that explain why many pairs of hosts fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .finding import ALL_HOSTS

Pair = tuple[str, str]
INTO, OUT_OF, EVERYWHERE = "into", "out of", "everywhere"


@dataclass(frozen=True)
class Blame:
    """The host, whether traffic into it or out of it fails, and the hosts at the other end."""

    host: str
    direction: str
    others: tuple[str, ...]


def blame(failed: Iterable[Pair], measured: Iterable[Pair]) -> list[Blame]:
    """As few as explain every failed (source, target), those with most pairs first; one for all where nothing works."""
    left = set(failed)
    everything = set(measured)
    if left and left == everything and len(left) > 1:
        hosts = sorted({host for pair in left for host in pair})
        return [Blame(ALL_HOSTS, EVERYWHERE, tuple(hosts))]
    found = []
    while left:
        groups: dict[tuple[str, str], set[Pair]] = {}
        for source, target in left:
            groups.setdefault((INTO, target), set()).add((source, target))
            groups.setdefault((OUT_OF, source), set()).add((source, target))
        # The target is blamed where both would explain as much: firewalls mostly filter what comes in.
        direction, host = min(groups, key=lambda key: (-len(groups[key]), key[0] != INTO, key[1]))
        pairs = groups[direction, host]
        found.append(Blame(host, direction, tuple(sorted(pair[0 if direction == INTO else 1] for pair in pairs))))
        left -= pairs
    return found


def blame_undirected(failed: Iterable[Pair], measured: Iterable[Pair]) -> list[Blame]:
    """The same where it is one which of the two asks, as with a packet size; the direction says nothing then."""
    left = {frozenset(pair) for pair in failed}
    if left and left == {frozenset(pair) for pair in measured}:
        return [Blame(ALL_HOSTS, EVERYWHERE, tuple(sorted({host for pair in left for host in pair})))]
    found = []
    while left:
        counts = Counter(host for pair in left for host in pair)
        host = min(counts, key=lambda name: (-counts[name], name))
        pairs = {pair for pair in left if host in pair}
        found.append(Blame(host, INTO, tuple(sorted(other for pair in pairs for other in pair - {host}))))
        left -= pairs
    return found
