# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one renderer of tables."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines


def test_columns_are_aligned_to_the_left_or_to_the_right() -> None:
    rows = [("host", "ms", "verdict"), ("gpu-01", "10.25", "ok"), ("gpu-2", "3", "")]
    assert table_lines(rows, right={1}) == [
        "host       ms  verdict",
        "gpu-01  10.25  ok",
        "gpu-2       3",
    ]


def test_no_rows_are_no_lines() -> None:
    assert table_lines([]) == []


def test_rows_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError):
        table_lines([("a", "b"), ("c",)])
