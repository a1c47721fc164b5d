# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The progress of every host, in lines that also suit a log file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.sizes import in_words

from ..text.table import table_lines

# A block of lines is worth reading this often.
_BLOCK_SECONDS = 10.0
_RESULT_HEADING = ("bytes", "seconds", "MB/s", "from", "again")


@dataclass(frozen=True)
class Total:
    """What is sent to a host: how many items, and about how many bytes."""

    items: int
    bytes: int


class RelayProgress:
    """Shows a line for each host that still receives, once in ten seconds."""

    def __init__(
        self,
        totals: Mapping[str, Total],
        unit: str,
        show: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._totals = totals
        self._unit = unit
        self._show = show
        self._clock = clock
        self._shown_at = clock()
        self._figures: dict[str, Mapping[str, Any]] = {}

    def take(self, host: str, figures: Mapping[str, Any]) -> None:
        self._figures[host] = figures
        if self._clock() - self._shown_at >= _BLOCK_SECONDS:
            self._shown_at = self._clock()
            for one in self._totals:
                if one in self._figures:
                    self._show(self._line(one, self._figures[one]))

    def leave(self, host: str) -> None:
        """Show no more lines about a host that has ended or failed."""
        self._figures.pop(host, None)

    def _line(self, host: str, figures: Mapping[str, Any]) -> str:
        total, done = self._totals[host], figures["bytes"]
        rate = done / max(figures["seconds"], 0.001)
        known = max(total.bytes, done, 1)
        left = f", about {(known - done) / rate:.0f} s left" if rate and known > done else ""
        return (
            f"{host}: {figures['items']} of {total.items} {self._unit}, {in_words(done)} of about {in_words(known)} "
            f"({100 * done / known:.0f} %), {rate / 1e6:.1f} MB/s{left}"
        )


def result_table(results: Mapping[str, Mapping[str, Any]], unit: str) -> list[str]:
    """One line for each host that something came to; C(UNIT_sent) is how many."""
    rows: list[tuple[str, ...]] = [("host", unit, *_RESULT_HEADING)]
    rows += [_row(host, one, unit) for host, one in results.items() if one.get(f"{unit}_sent")]
    if len(rows) == 1:
        return []
    return table_lines(rows)


def _row(host: str, result: Mapping[str, Any], unit: str) -> tuple[str, ...]:
    seconds = max(result["seconds"], 0.001)
    return (
        host,
        str(result[f"{unit}_sent"]),
        in_words(result["bytes_sent"]),
        f"{result['seconds']:.1f}",
        f"{result['bytes_sent'] / seconds / 1e6:.1f}",
        ", ".join(result["from_hosts"]),
        in_words(result["bytes_again"]),
    )
