# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The progress of every host, in lines that also suit a log file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.sizes import in_words
from ..text.names import folded
from ..text.progress import Progress
from ..text.table import table_lines
from .forecast import Expectation
from .lines import LINE_SECONDS

_EXPECTED_HEADING = ("bytes", "seconds expected", "limited by", "MB/s")
_RESULT_HEADING = ("bytes", "seconds", "limited by", "MB/s", "from", "again")


@dataclass(frozen=True)
class Total:
    """What is sent to a host: how many items, about how many bytes, and which items, in words."""

    items: int
    bytes: int
    which: str = ""


class RelayProgress:
    """Shows every few seconds how far the host is that has received least of those that still receive."""

    def __init__(
        self,
        totals: Mapping[str, Total],
        unit: str,
        show: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.totals = totals
        self.unit = unit
        self._show = show
        self._clock = clock
        self._shown_at = self._new_at = clock()
        self._shown = ""
        self._figures: dict[str, Mapping[str, Any]] = {}

    def take(self, host: str, figures: Mapping[str, Any]) -> None:
        self._figures[host] = figures
        self.show_in_time()

    def show_in_time(self) -> None:
        """Show a line where one is due, whether anything has changed or not."""
        now = self._clock()
        if now - self._shown_at < LINE_SECONDS:
            return
        self._shown_at = now
        line = self._line()
        if line == self._shown:
            # The last of it is written, or the first of it is read.
            self._show(Progress(f"{line}, for {now - self._new_at:.0f} s now", self.unit, line.percent))
        else:
            self._show(line)
            self._shown, self._new_at = line, now

    def leave(self, host: str) -> None:
        """Show no more lines about a host that has ended or failed."""
        self._figures.pop(host, None)

    def _line(self) -> Progress:
        hosts = [host for host in self.totals if host in self._figures]
        if not hosts:
            return Progress(f"waiting for what comes of the {self.unit}", self.unit)
        host = min(hosts, key=self._share)
        more = len(hosts) - 1
        others = f"; {more} more host{'s' if more > 1 else ''} received as much or more" if more else ""
        return Progress(f"{self._words(host)}{others}", self.unit, 100 * self._share(host))

    def _share(self, host: str) -> float:
        return float(self._figures[host]["bytes"] / self._known(host))

    def _known(self, host: str) -> int:
        return max(self.totals[host].bytes, self._figures[host]["bytes"], 1)

    def _words(self, host: str) -> str:
        total, figures, known = self.totals[host], self._figures[host], self._known(host)
        done = figures["bytes"]
        if not done:
            return f"{host}: waiting for the first of {total.items} {self.unit}, about {in_words(known)} in all"
        so_far = f"{host}: {figures['items']} of {total.items} {self.unit}, {in_words(done)} of about {in_words(known)}"
        if done == known:
            return f"{so_far} (100 %)"
        rate = done / max(figures["seconds"], 0.001)
        left = f"{rate / 1e6:.1f} MB/s, about {(known - done) / rate:.0f} s left"
        return f"{so_far} ({100 * done / known:.0f} %), {left}"


def expected_table(expected: Sequence[Expectation], totals: Mapping[str, Total], unit: str) -> list[str]:
    """What is to come: one line for each host, and one sentence for all and for what is not known."""
    if not totals or not expected:
        return []
    rows: list[tuple[str, ...]] = [("host", unit, *_EXPECTED_HEADING)]
    rows += [_expected_row(one, totals[one.host]) for one in expected if one.host]
    lines = table_lines(rows)
    together = expected[-1]
    if together.seconds is not None:
        least = "At least " if together.unknown else ""
        about = f"{least}{together.seconds:.0f} s are expected"
        lines.append(f"{about}, limited by the {together.limit}{' as far as is known' if least else ''}.")
    if together.unknown:
        lines.append(f"Not known yet: {_folded_parts(together.unknown)}. What this transfer shows of it is kept.")
    return lines


def _expected_row(one: Expectation, total: Total) -> tuple[str, ...]:
    seconds = "unknown" if one.seconds is None else f"{one.seconds:.1f}{' or more' if one.unknown else ''}"
    rate = f"{total.bytes / one.seconds / 1e6:.1f}" if one.seconds and not one.unknown else "unknown"
    return one.host, total.which or str(total.items), in_words(total.bytes), seconds, one.limit or "unknown", rate


def _folded_parts(parts: Sequence[str]) -> str:
    """C(the link of gpu-02…04, the load of gpu-02)."""
    hosts: dict[str, list[str]] = {}
    for part in parts:
        what, _of, host = part.partition(" of ")
        hosts.setdefault(what, []).append(host)
    return ", ".join(f"the {what} of {folded(names)}" for what, names in hosts.items())


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
        result.get("limited_by") or "unknown",
        f"{result['bytes_sent'] / seconds / 1e6:.1f}",
        ", ".join(result["from_hosts"]),
        in_words(result["bytes_again"]),
    )
