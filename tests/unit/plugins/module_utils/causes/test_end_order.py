# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rank ended first, by clocks that are only so well known."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.end_order import Clock, clock_of, ended_first
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank


def ranks(*ended: float | None) -> list[Rank]:
    return [Rank(f"gpu-{number:02d}", number, "failed", ended=moment) for number, moment in enumerate(ended)]


def clocks(*known: tuple[float, float]) -> dict[str, Clock]:
    return {f"gpu-{number:02d}": Clock(*one) for number, one in enumerate(known)}


@pytest.mark.parametrize(
    ("ended", "known", "first"),
    [
        ((10.0, 20.0), ((0, 0.1), (0, 0.1)), 0),
        ((10.0, 11.0), ((0, 0.1), (0, 0.1)), None),
        ((10.0, 11.3), ((0, 0.1), (0, 0.1)), 0),
        ((10.0, 15.0), ((0, 2.5), (0, 2.5)), None),
        ((10.0, 20.0), ((0, 0.1), (30.0, 0.1)), 1),
        ((10.0, 20.0), ((0, 0.1), (10.0, 0.1)), None),
        ((10.0, 20.0, 21.0), ((0, 0.1), (0, 0.1), (0, 0.1)), 0),
        ((10.0, 10.0, 21.0), ((0, 0.1), (0, 0.1), (0, 0.1)), None),
        ((10.0, None), ((0, 0.1), (0, 0.1)), None),
        ((10.0, 20.0), ((0, 0.1),), None),
        ((10.0,), ((0, 0.1),), None),
        ((), (), None),
    ],
)
def test_the_rank_that_ended_first(
    ended: tuple[float | None, ...], known: tuple[tuple[float, float], ...], first: int | None
) -> None:
    found = ended_first(ranks(*ended), clocks(*known))
    assert (found[0].rank if found else None) == first


def test_a_clock_is_known_to_half_the_time_of_the_answer() -> None:
    assert clock_of(100.0, 130.5, 101.0) == Clock(30.0, 0.5)
    assert clock_of(100.0, 100.0, 100.0) == Clock(0.0, 0.0)
