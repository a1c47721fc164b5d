# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the rank that ended first, by the hosts' clocks and their known offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..job.ranks import Rank

# A launcher may take so long to notice that its process has ended.
LAUNCHER_SECONDS = 1.0


@dataclass(frozen=True)
class Clock:
    """``ahead`` is the offset in seconds of a host's clock from the controller's, known to ``error`` seconds."""

    ahead: float
    error: float


Clocks = Mapping[str, Clock]


def clock_of(asked: float, host_time: float, answered: float) -> Clock:
    """Return the clock of a host that reported its time between two times of the controller's clock."""
    return Clock(host_time - (asked + answered) / 2, max(0.0, answered - asked) / 2)


def ended_first(ranks: Sequence[Rank], clocks: Clocks) -> tuple[Rank, float] | None:
    """Return the rank that ended before all others, and by how many seconds at least.

    None where a time or an offset is missing, or the difference is within the error of the clocks.
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
