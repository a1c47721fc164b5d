# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In how many chains hosts receive, as a table, and against a simulation of pieces on their way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.chain import plan_chains
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.shape import (
    HOP_SECONDS,
    Pace,
    choose_chains,
    expected_seconds,
)
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import PIECE_BYTES

MB, GB = 10**6, 10**9
GIGABIT, TEN_GIGABIT = 125 * MB, 1250 * MB


def hosts(count: int) -> list[str]:
    return [f"gpu-{number:02}" for number in range(2, count + 2)]


def paces(count: int, link: float | None, load: float | None) -> dict[str, Pace]:
    return dict.fromkeys(hosts(count), Pace(link, load))


# hosts, bytes, link, load, the source's link -> chains
TABLE = {
    "one host": (1, GB, TEN_GIGABIT, 240 * MB, TEN_GIGABIT, 1),
    "nothing is known": (63, GB, None, None, None, 1),
    "the link of the source is not known": (63, GB, TEN_GIGABIT, 240 * MB, None, 1),
    "the link of a host is not known": (63, GB, None, 240 * MB, TEN_GIGABIT, 1),
    "the link limits": (63, 10 * GB, GIGABIT, 240 * MB, GIGABIT, 1),
    "the link limits, and the image is small": (15, 64 * MB, GIGABIT, 240 * MB, GIGABIT, 1),
    "the load limits, and the image is large": (15, 10 * GB, TEN_GIGABIT, 240 * MB, TEN_GIGABIT, 1),
    "the load limits, and there are many hosts": (63, GB, TEN_GIGABIT, 240 * MB, TEN_GIGABIT, 2),
    "a small image to many hosts": (63, 64 * MB, TEN_GIGABIT, 240 * MB, TEN_GIGABIT, 5),
    "only the link of the source is fast": (63, 512 * MB, GIGABIT, 240 * MB, TEN_GIGABIT, 5),
}


@pytest.mark.parametrize(("count", "size", "link", "load", "source", "chains"), TABLE.values(), ids=TABLE)
def test_how_many_chains(count, size, link, load, source, chains) -> None:
    found = choose_chains(hosts(count), size, paces(count, link, load), source)
    assert len(found) == chains
    assert sorted(host for chain in found for host in chain) == hosts(count)
    assert max(map(len, found)) - min(map(len, found)) <= 1


def test_without_hosts_there_are_no_chains() -> None:
    assert choose_chains([], GB, {}, GIGABIT) == []


def test_the_slowest_hosts_come_last() -> None:
    known = {**paces(63, TEN_GIGABIT, 240 * MB), "gpu-02": Pace(TEN_GIGABIT, 200 * MB), "gpu-40": Pace(GIGABIT)}
    found = choose_chains(hosts(63), 64 * MB, known, TEN_GIGABIT)
    assert len(found) > 1
    assert found[-1][-2:] == ["gpu-02", "gpu-40"]


def test_each_chain_begins_at_the_source() -> None:
    wanted = dict.fromkeys(hosts(5), (0, 1))
    links = plan_chains("gpu-01", wanted, [["gpu-02", "gpu-03", "gpu-04"], ["gpu-05", "gpu-06"], []])
    assert [[link.peers for link in chain] for chain in links] == [
        [("gpu-01",), ("gpu-02", "gpu-01"), ("gpu-03", "gpu-02", "gpu-01")],
        [("gpu-01",), ("gpu-05", "gpu-01")],
    ]
    assert [[link.is_last for link in chain] for chain in links] == [[False, False, True], [False, True]]


def simulated(chains: Sequence[Sequence[str]], size: int, known: dict[str, Pace], source_link: float) -> float:
    """Return when the last host has loaded its last piece, piece by piece and host by host."""
    pieces = -(-size // PIECE_BYTES)
    share = source_link / len(chains)
    ends = []
    for chain in chains:
        has_loaded, came = 0.0, [0.0] * pieces
        for place, host in enumerate(chain):
            rate = min(share if place == 0 else known[host].link or 0, known[host].link or 0)
            link_free, has_loaded = 0.0, 0.0
            for piece in range(pieces):
                link_free = max(link_free, came[piece]) + PIECE_BYTES / rate
                came[piece] = link_free + (HOP_SECONDS if place + 1 < len(chain) else 0)
                has_loaded = max(has_loaded, link_free) + PIECE_BYTES / (known[host].load or 1e18)
            ends.append(has_loaded)
    return max(ends)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row[2] and row[4]])
def test_what_is_chosen_is_no_slower_in_a_simulation(name) -> None:
    count, size, link, load, source, _chains = TABLE[name]
    size = min(size, 512 * MB)
    known = paces(count, link, load)
    chosen = choose_chains(hosts(count), size, known, source)
    one = simulated([hosts(count)], size, known, source)
    assert simulated(chosen, size, known, source) <= one * 1.01
    assert expected_seconds(chosen, size, known, source) == pytest.approx(
        simulated(chosen, size, known, source), rel=0.35
    )
