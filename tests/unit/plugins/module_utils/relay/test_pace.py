# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast a source gives out what it has."""

from __future__ import annotations

import io
import time
from typing import IO

from ansible_collections.distrain.cluster.plugins.module_utils.relay.pace import Pace, PacedSource


class Source:
    def open_item(self, item: int, timeout: float) -> tuple[int, IO[bytes]] | None:
        return None if item else (9, io.BytesIO(b"x" * 300_000))


def test_what_was_given_out_is_waited_for() -> None:
    now = [10.0]
    pace = Pace(100, lambda: now[0])
    assert pace.wait_for() == 0.0
    pace.spend(50)
    assert pace.wait_for() == 0.5
    now[0] = 20.0
    assert pace.wait_for() == 0.0
    # What was not used is not saved up.
    pace.spend(100)
    assert pace.wait_for() == 1.0


def test_reading_gives_nothing_for_as_long_as_the_pace_wants() -> None:
    source = PacedSource(Source(), 100_000)
    assert source.open_item(1, 0.1) is None
    opened = source.open_item(0, 0.1)
    assert opened and opened[0] == 9
    began = time.monotonic()
    with opened[1] as file:
        assert len(file.read(60_000)) == 60_000
        assert file.read(60_000) is None
        assert len(file.read(60_000)) == 60_000
    assert 0.55 < time.monotonic() - began < 5
