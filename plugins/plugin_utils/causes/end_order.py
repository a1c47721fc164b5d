# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which rank ended first, by the clocks of the hosts as far as these are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..job.ranks import Rank

# A launcher needs so long to see that its process is gone, and to write that down.
LAUNCHER_SECONDS = 1.0


@dataclass(frozen=True)
class Clock:
    """``ahead`` is by how many seconds a host's clock is ahead of the controller's, give or take ``error`` seconds."""

    ahead: float
    error: float


Clocks = Mapping[str, Clock]


def clock_of(asked: float, host_time: float, answered: float) -> Clock:
    """Return the clock of a host which told its time between two moments of the controller's clock."""
    return Clock(host_time - (asked + answered) / 2, max(0.0, answered - asked) / 2)


def ended_first(ranks: Sequence[Rank], clocks: Clocks) -> tuple[Rank, float] | None:
    """Return the rank that ended before all the others, and by how many seconds at least.

    None where that is not known: a clock or a time is missing, or the order is within what the clocks are off.
    """
    known = [(rank, _span(rank, clocks)) for rank in ranks]
    spans = [(rank, span) for rank, span in known if span]
    if len(spans) < max(2, len(known)):
        return None
    first, span = min(spans, key=lambda one: one[1][1])
    lead = min(other[0] for rank, other in spans if rank is not first) - span[1] - LAUNCHER_SECONDS
    return (first, lead) if lead > 0 else None


def _span(rank: Rank, clocks: Clocks) -> tuple[float, float] | None:
    clock = clocks.get(rank.host)
    if rank.ended is None or clock is None:
        return None
    ended = rank.ended - clock.ahead
    return ended - clock.error, ended + clock.error
