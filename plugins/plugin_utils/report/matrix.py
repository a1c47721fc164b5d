# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of the overlay network as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .values import number, records, text
from .words import UNKNOWN, count, figure

OK = "ok"
SHADES = 7
# With more hosts a cell has no room for the delay.
MOST_WITH_DELAY = 10


@dataclass(frozen=True)
class Square:
    """``state`` is ok, failed, self or unknown; ``shade`` is from 0 to 6, for the fastest."""

    state: str
    shade: int
    rate: str
    delay: str
    words: str


@dataclass(frozen=True)
class HeatMap:
    network: str
    whole: bool
    unit: str
    hosts: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Square]]]
    lowest: str
    highest: str
    summary: str
    problems: Sequence[dict[str, str]]

    @property
    def is_large(self) -> bool:
        """Whether a cell has room for the rate alone."""
        return len(self.hosts) > MOST_WITH_DELAY


def heat_map(verdict: dict[str, Any]) -> HeatMap | None:
    """Return the heat map, or None where no pair was measured."""
    pairs = {(text(row.get("source")), text(row.get("target"))): row for row in records(verdict.get("matrix"))}
    if not pairs:
        return None
    hosts = list(dict.fromkeys(host for pair in pairs for host in pair))
    rates = [rate for rate in (number(row.get("mbits")) for row in pairs.values()) if rate is not None]
    highest = max(rates, default=0.0)
    size, unit = (1000.0, "Gbit/s") if highest >= 1000 else (1.0, "Mbit/s")
    rows = [
        (source, [_square(source, target, pairs.get((source, target)), highest, size, unit) for target in hosts])
        for source in hosts
    ]
    return HeatMap(
        network=text(verdict.get("network")),
        whole=verdict.get("whole") is True,
        unit=unit,
        hosts=hosts,
        rows=rows,
        lowest=figure(min(rates, default=0) / size, 2),
        highest=figure(highest / size, 2),
        summary=_summary(list(pairs.values()), rates, size, unit),
        problems=_problems(verdict),
    )


def _square(source: str, target: str, row: dict[str, Any] | None, highest: float, size: float, unit: str) -> Square:
    if row is None:
        state, words = ("self", "the host itself") if source == target else ("unknown", "not measured")
        return Square(state, 0, "", "", f"{source} to {target}: {words}")
    rate, delay, result = number(row.get("mbits")), number(row.get("ms")), text(row.get("verdict"))
    shade = round(rate / highest * (SHADES - 1)) if rate is not None and highest > 0 else 0
    shown = figure(rate / size, 2) if rate is not None else UNKNOWN
    took = f"{figure(delay, 2)} ms" if delay is not None else ""
    size_words = f"MTU {count(row.get('path_mtu'))} of {count(row.get('mtu'))}"
    words = f"{source} to {target}: {shown} {unit}, {took or 'no answer'}, {size_words}, {result or 'no verdict'}"
    return Square("ok" if result == OK else "failed", max(0, min(SHADES - 1, shade)), shown, took, words)


def _summary(rows: Sequence[dict[str, Any]], rates: Sequence[float], size: float, unit: str) -> str:
    passed = sum(row.get("verdict") == OK for row in rows)
    delays = [delay for delay in (number(row.get("ms")) for row in rows) if delay is not None]
    words = [f"{passed} of {len(rows)} pairs are ok"]
    words += [f"the slowest stream had {figure(min(rates) / size, 2)} {unit}"] if rates else []
    words += [f"the longest delay was {figure(max(delays), 2)} ms"] if delays else []
    return "; ".join(words) + "."


def _problems(verdict: dict[str, Any]) -> list[dict[str, str]]:
    fields = ("cause", "host", "found", "remedy")
    return [{field: text(one.get(field)) for field in fields} for one in records(verdict.get("problems"))]
