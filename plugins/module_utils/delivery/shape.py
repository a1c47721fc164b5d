# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: in how many chains the hosts receive, by how many they are and by the rates that are known.

In one chain the source's link carries everything once, and so does each host's. With several chains the source's link
is shared by them. That costs nothing as long as the hosts load more slowly than their share of it brings, and then
there are fewer hops, and a slow host holds up fewer others. A tree in which hosts send to more than one other shares
each of their links in the same way, at every level; only the source's is shared here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..relay.frames import PIECE_BYTES

# What a host takes to forward a piece, beside the time on the link: to decrypt it, and to encrypt it again.
HOP_SECONDS = 0.01
_MOST_CHAINS = 8
# Several chains must be faster by so much: what is expected is not exact.
_WORTH = 0.95


@dataclass(frozen=True)
class Pace:
    """What is known of a host in bytes per second: its link, and how fast it loads."""

    link: float | None = None
    load: float | None = None


def choose_chains(
    hosts: Sequence[str], size: int, paces: Mapping[str, Pace], source_link: float | None
) -> list[list[str]]:
    """Return the hosts of each chain, in the order in which they receive ``size`` bytes.

    One chain, in the order given, where the rate of a link is not known. Else the slowest hosts come last.
    """
    if not hosts:
        return []
    known = {host: paces.get(host, Pace()) for host in hosts}
    if source_link is None or any(pace.link is None for pace in known.values()):
        return [list(hosts)]
    best = [list(hosts)]
    least = expected_seconds(best, size, known, source_link)
    for count in range(2, min(_MOST_CHAINS, len(hosts)) + 1):
        chains = _divided(sorted(hosts, key=lambda host: -(_rate_of(known[host]) or source_link)), count)
        seconds = expected_seconds(chains, size, known, source_link)
        if seconds < least * _WORTH:
            best, least = chains, seconds
    return best


def expected_seconds(
    chains: Sequence[Sequence[str]], size: int, paces: Mapping[str, Pace], source_link: float
) -> float:
    """Return the seconds until the last host has all."""
    share = source_link / max(len(chains), 1)
    return max((_seconds(chain, size, paces, share) for chain in chains), default=0.0)


def _seconds(chain: Sequence[str], size: int, paces: Mapping[str, Pace], share: float) -> float:
    rates = [rate for host in chain if (rate := _rate_of(paces[host]))]
    slowest = min([share, *rates])
    links = [pace.link for host in chain if (pace := paces[host]).link]
    hop = HOP_SECONDS + PIECE_BYTES / min([share, *links])
    return size / slowest + (len(chain) - 1) * hop


def _rate_of(pace: Pace) -> float | None:
    return min((rate for rate in (pace.link, pace.load) if rate), default=None)


def _divided(hosts: Sequence[str], count: int) -> list[list[str]]:
    """Return the hosts in chains of nearly the same length, each in the order given, the slowest in the last one."""
    length, longer = divmod(len(hosts), count)
    chains, start = [], 0
    for number in range(count):
        end = start + length + (number < longer)
        chains.append(list(hosts[start:end]))
        start = end
    return chains
