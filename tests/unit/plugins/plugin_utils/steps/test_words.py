# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.words import (
    clock,
    remedy_first,
    took,
)


def test_times() -> None:
    assert [clock(one) for one in (0, 41.9, 725, 3723)] == ["0:00", "0:41", "12:05", "1:02:03"]
    assert [took(one) for one in (0.04, 0.95, 12.4, 160)] == ["0.0 s", "0.9 s", "12 s", "2 min 40 s"]


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        (
            "image_source is 'x'. Set it to relay or to registry. Nothing was changed.",
            ["Set it to relay or to registry. Nothing was changed.", "image_source is 'x'."],
        ),
        ("Could not resolve hostname gpu-1: Name or service not known", None),
        ("Nothing answers. Name or service not known.", None),
        ("Set it to relay.", None),
        ("gpu-01: no x. Set x. Or run y. gpu-02: no z. Set z.", None),
        ("A table:\nhost  what\nThe end. Run it again.", ["A table:", "host  what", "The end. Run it again."]),
        ("", []),
    ],
)
def test_what_to_do_comes_first(message: str, lines: list[str] | None) -> None:
    assert remedy_first(message) == ([message] if lines is None else lines)
