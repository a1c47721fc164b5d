# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import clock_time, in_words, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:00:41", 41.0),
        ("0:00:41.25", 41.0),
        ("1:02:03", 3723.0),
        ("26:03:04", 93784.0),
        ("1 day, 0:00:00", 86400.0),
        ("2 days, 3:04:05", 183845.0),
        (" 00:28 ", 28.0),
        ("4m 10s", 250.0),
        ("13s", 13.0),
        ("1d 2h 3m 4.5s", 93784.0),
        ("99999999999999999999:00", None),
        ("soon", None),
        ("?", None),
        ("", None),
        (None, None),
        (41, None),
        (["0:00:41"], None),
    ],
)
def test_the_seconds_of_a_text(text: Any, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00"), (41.9, "00:41"), (3599, "59:59"), (93784, "26:03:04")])
def test_a_clock_time(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text
    assert seconds_of(text) == int(seconds)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min 00 s"), (7500, "2 h 05 min"), (200_000, "2 d 07 h"), (-3, "0 s")],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
