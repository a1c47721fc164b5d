# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which host of a chain holds up the others while it runs, and which commands let the others pass it.

All hosts of a chain go at the pace of the slowest, but for what their windows hold. The host behind it goes on from the
host before it. That one waits for it no longer, and what the slow one misses then it gets from the source: it is at the
end of the chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..relay.parts import LOAD, RECEIVE, WINDOW

# What is measured over less is chance: the end of a layer, or a disk that writes back.
MEASURED_SECONDS = 8.0
# The share of its time that the slow host is busy at least, and the others are at most: they would be twice as fast.
_SLOW, _FAST = 0.9, 0.45
_WAITING = 0.6
# Less than this is not worth another stream of the source.
_WORTH_SECONDS = 15.0


@dataclass(frozen=True)
class Sample:
    """What a host has reported: after how many seconds, how many bytes, and which part was busy for how long."""

    seconds: float
    bytes: int
    busy: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Overtaking:
    """``slow`` is overtaken: ``receiver`` goes on from another host or, if it ``releases``, waits for no one behind."""

    slow: str
    receiver: str
    releases: bool


def find_overtaking(
    chain: Sequence[str], before: Mapping[str, Sample], now: Mapping[str, Sample], totals: Mapping[str, int]
) -> Overtaking | None:
    """Return what to do about the slowest host of a chain; None where it is not that slow, or it is not certain.

    ``before`` and ``now`` are two reports of each host that still receives, ``totals`` the bytes that come to each.
    """
    hosts = [host for host in chain if host in before and host in now]
    spans = {host: _between(before[host], now[host]) for host in hosts}
    if len(hosts) < 2 or any(span.seconds < MEASURED_SECONDS for span in spans.values()):
        return None
    for place, host in enumerate(hosts):
        others = [spans[one] for one in hosts if one != host]
        if not _is_slow(hosts, spans, place) or any(_share(one, LOAD) > _FAST for one in others):
            continue
        rest = max(totals[one] - now[one].bytes for one in hosts if one != host)
        pace = spans[host].bytes / spans[host].seconds
        if rest < _WORTH_SECONDS * max(pace, 1.0):
            continue
        if place + 1 < len(hosts):
            return Overtaking(host, hosts[place + 1], releases=False)
        return Overtaking(host, hosts[place - 1], releases=True)
    return None


def _is_slow(hosts: Sequence[str], spans: Mapping[str, Sample], place: int) -> bool:
    """Return whether a host is the one that all wait for: those before it to send, those behind it to receive."""
    span = spans[hosts[place]]
    before = [spans[host] for host in hosts[:place]]
    behind = [spans[host] for host in hosts[place + 1 :]]
    waits = all(_share(one, WINDOW) > _WAITING for one in before) and all(
        _share(one, RECEIVE) > _WAITING for one in behind
    )
    # A host that waits for what comes, while the one before it waits for it to take more, has a slow link.
    has_slow_link = bool(before) and _share(span, RECEIVE) > _SLOW
    return waits and (_share(span, LOAD) > _SLOW or has_slow_link)


def _between(before: Sample, now: Sample) -> Sample:
    busy = {part: seconds - before.busy.get(part, 0.0) for part, seconds in now.busy.items()}
    return Sample(now.seconds - before.seconds, now.bytes - before.bytes, busy)


def _share(span: Sample, part: str) -> float:
    return span.busy.get(part, 0.0) / span.seconds
