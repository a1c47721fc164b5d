# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which host of a chain holds up the others, as a table of how busy each is, and what follows from it."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.brake import Overtaking, Sample, find_overtaking

MB = 10**6
CHAIN = ["a", "b", "c"]
# The shares of load, window and receive.
HELD, STARVED, LOADING, SLOW_LINK, IDLE = (
    (0.2, 0.8, 0.1),
    (0.2, 0, 0.8),
    (0.97, 0.5, 0),
    (0.2, 0, 0.95),
    (0.3, 0.1, 0.3),
)

TABLE = {
    "the one in the middle loads slowly": ((HELD, LOADING, STARVED), Overtaking("b", "c", releases=False)),
    "the first loads slowly": ((LOADING, STARVED, STARVED), Overtaking("a", "b", releases=False)),
    "the last loads slowly": ((HELD, HELD, LOADING), Overtaking("c", "b", releases=True)),
    "the one in the middle has a slow link": ((HELD, SLOW_LINK, STARVED), Overtaking("b", "c", releases=False)),
    "the source is slow": ((STARVED, STARVED, STARVED), None),
    "all load": ((LOADING, LOADING, LOADING), None),
    "two load slowly": ((HELD, LOADING, LOADING), None),
    "nobody waits": ((IDLE, LOADING, IDLE), None),
}


def samples(shares, seconds: float = 10, size: int = 100 * MB) -> dict[str, Sample]:
    return {
        host: Sample(
            seconds, size, dict(zip(("load", "window", "receive"), (seconds * one for one in each), strict=True))
        )
        for host, each in zip(CHAIN, shares, strict=True)
    }


def found(shares, total: int = 10**10, **more) -> Overtaking | None:
    before = {host: Sample(5, 50 * MB) for host in CHAIN}
    now = {
        host: Sample(one.seconds + 5, one.bytes + 50 * MB, one.busy) for host, one in samples(shares, **more).items()
    }
    return find_overtaking(CHAIN, before, now, dict.fromkeys(CHAIN, total))


@pytest.mark.parametrize(("shares", "expected"), TABLE.values(), ids=TABLE)
def test_who_is_overtaken(shares, expected) -> None:
    assert found(shares) == expected


def test_what_is_nearly_done_is_left_alone() -> None:
    assert found((HELD, LOADING, STARVED), total=200 * MB) is None


def test_a_short_moment_says_nothing() -> None:
    assert found((HELD, LOADING, STARVED), seconds=2) is None


def test_hosts_that_have_all_do_not_count() -> None:
    before, now = {"a": Sample(0, 0), "b": Sample(0, 0)}, samples((HELD, LOADING, STARVED))
    assert find_overtaking(CHAIN, before, now, dict.fromkeys(CHAIN, 10**10)) == Overtaking("b", "a", releases=True)
