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

from ..text.progress import Progress
from ..text.table import table_lines

# A line is worth reading this often.
_SECONDS = 10.0
_RESULT_HEADING = ("bytes", "seconds", "MB/s", "from", "again")


@dataclass(frozen=True)
class Total:
    """What is sent to a host: how many items, and about how many bytes."""

    items: int
    bytes: int


class RelayProgress:
    """Shows once in ten seconds how far the host is that has received least of those that still receive."""

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
        self._shown = ""
        self._figures: dict[str, Mapping[str, Any]] = {}

    def take(self, host: str, figures: Mapping[str, Any]) -> None:
        self._figures[host] = figures
        if self._clock() - self._shown_at >= _SECONDS:
            self._shown_at = self._clock()
            line = self._line()
            # What has not changed is not repeated: the last of it is written, or the first of it is read.
            if line and line != self._shown:
                self._show(line)
                self._shown = line

    def leave(self, host: str) -> None:
        """Show no more lines about a host that has ended or failed."""
        self._figures.pop(host, None)

    def _line(self) -> Progress | None:
        hosts = [host for host in self._totals if host in self._figures]
        if not hosts:
            return None
        host = min(hosts, key=self._share)
        more = len(hosts) - 1
        others = f"; {more} more host{'s' if more > 1 else ''} received as much or more" if more else ""
        return Progress(f"{self._words(host)}{others}", self._unit, 100 * self._share(host))

    def _share(self, host: str) -> float:
        return float(self._figures[host]["bytes"] / self._known(host))

    def _known(self, host: str) -> int:
        return max(self._totals[host].bytes, self._figures[host]["bytes"], 1)

    def _words(self, host: str) -> str:
        total, figures, known = self._totals[host], self._figures[host], self._known(host)
        done = figures["bytes"]
        if not done:
            return f"{host}: waiting for the first of {total.items} {self._unit}, about {in_words(known)} in all"
        so_far = (
            f"{host}: {figures['items']} of {total.items} {self._unit}, {in_words(done)} of about {in_words(known)}"
        )
        if done == known:
            return f"{so_far} (100 %)"
        rate = done / max(figures["seconds"], 0.001)
        left = f"{rate / 1e6:.1f} MB/s, about {(known - done) / rate:.0f} s left"
        return f"{so_far} ({100 * done / known:.0f} %), {left}"


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
