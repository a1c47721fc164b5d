# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which host receives what from which, and how items are encoded."""

from __future__ import annotations

import zlib

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.chain import plan_chain
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import (
    _UNPACKED_LIMIT,
    Request,
    read_request,
    send_request,
)
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges


@pytest.mark.parametrize(
    ("items", "steps"),
    [((), []), ((3,), [3, 1]), ((0, 1, 2, 5, 7, 8), [0, 3, 2, 1, 1, 2])],
)
def test_items_travel_as_runs(items, steps):
    ranges = ItemRanges(items)
    assert ranges.steps() == steps
    assert tuple(ItemRanges.of_steps(steps)) == items
    assert [ranges[rank] for rank in range(len(ranges))] == list(items)
    assert [ranges.rank(item) for item in items] == list(range(len(items)))
    assert [item for item in range(12) if item in ranges] == list(items)
    for rank in range(len(items) + 1):
        assert tuple(ranges.from_rank(rank)) == items[rank:]


@pytest.mark.parametrize("steps", [[0], [0, 0], [-1, 2], [0, 2, 0, 1]])
def test_runs_that_are_none_are_refused(steps):
    with pytest.raises(ValueError, match=r"order|argument"):
        ItemRanges.of_steps(steps)


class Wire:
    """A stream that gives back what was sent."""

    def __init__(self):
        self.sent = bytearray()

    def sendall(self, data):
        self.sent += data

    def recv_into(self, buffer, nbytes=0):
        taken = bytes(self.sent[:nbytes])
        del self.sent[:nbytes]
        buffer[: len(taken)] = taken
        return len(taken)


@pytest.mark.parametrize("items", [range(0, 2_000_000, 2), range(1_000_000), (0, 5, 6, 999_999)])
def test_a_request_for_a_million_items_is_small(items):
    wire = Wire()
    send_request(wire, Request(ItemRanges(items), 7))
    assert len(wire.sent) < 100_000
    assert read_request(wire) == Request(ItemRanges(items), 7)


@pytest.mark.parametrize("text", [b" " * (_UNPACKED_LIMIT + 1), b"not packed"])
def test_a_request_that_is_none_is_refused(text):
    packed = zlib.compress(text) if len(text) > 100 else text
    wire = Wire()
    wire.sendall(len(packed).to_bytes(4, "big") + packed)
    with pytest.raises(ValueError, match="request"):
        read_request(wire)


def links(wanted):
    return [(link.host, link.receives, link.keeps, link.peers) for link in plan_chain("src", wanted)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({}, [], id="nobody"),
        pytest.param({"a": (), "src": (0,)}, [], id="nobody lacks anything"),
        pytest.param({"a": (0, 1)}, [("a", (0, 1), (0, 1), ("src",))], id="one host"),
        pytest.param(
            {"a": (1,), "b": (0, 1), "c": (0, 1)},
            [
                ("b", (0, 1), (0, 1), ("src",)),
                ("c", (0, 1), (0, 1), ("b", "src")),
                ("a", (1,), (1,), ("c", "b", "src")),
            ],
            id="who lacks most comes first",
        ),
        pytest.param(
            {"a": (0, 2, 4), "b": (1, 2)},
            [("a", (0, 1, 2, 4), (0, 2, 4), ("src",)), ("b", (1, 2), (1, 2), ("a", "src"))],
            id="a host passes on what only a later one lacks",
        ),
    ],
)
def test_the_chain(wanted, expected):
    assert links(wanted) == expected
