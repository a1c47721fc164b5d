# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who receives what from whom, and how items are written down."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.relay_frames import _to_ranges
from ansible_collections.distrain.cluster.plugins.module_utils.relay_plan import plan_chain


@pytest.mark.parametrize(
    ("items", "ranges"),
    [((), []), ((3,), [[3, 3]]), ((0, 1, 2, 5, 7, 8), [[0, 2], [5, 5], [7, 8]])],
)
def test_items_travel_as_ranges(items, ranges):
    assert _to_ranges(items) == ranges


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
