# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.filter.network_ids import network_ids


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        (None, []),
        ({}, []),
        ({"NetworkSettings": {"Networks": None}}, []),
        ({"NetworkSettings": {"Networks": {"b": {"NetworkID": "2"}, "a": {"NetworkID": "1"}}}}, ["1", "2"]),
    ],
)
def test_network_ids(container: dict[str, Any] | None, expected: list[str]) -> None:
    assert network_ids(container) == expected
