# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of the overlay and what is wrong with it, as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HEADING = ("from", "to", "ms", "Mbit/s", "MTU", "verdict")
# Eight hosts to each other; of more only what is not well is shown line by line.
ROWS_TO_SHOW = 56


def matrix_lines(verdict: Mapping[str, Any]) -> list[str]:
    """One line a pair, the columns in line, and a line that sums them up."""
    matrix = verdict["matrix"]
    shown = matrix if len(matrix) <= ROWS_TO_SHOW else [row for row in matrix if row["verdict"] != "ok"]
    cells = [_cells(row) for row in shown]
    widths = [max(len(row[column]) for row in [HEADING, *cells]) for column in range(len(HEADING))]
    lines = [_line(row, widths) for row in [HEADING, *cells]] if cells else []
    return [*lines, _summary(matrix)]


def verdict_message(verdict: Mapping[str, Any]) -> str:
    """What is wrong and what to do; empty where the overlay is whole."""
    if verdict["whole"]:
        return ""
    problems = [f"{one['found'][0].upper()}{one['found'][1:]}. {one['remedy']}" for one in verdict["problems"]]
    return " ".join([f"The overlay network {verdict['network']} does not carry.", *problems])


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    size = _figure(row["path_mtu"])
    is_short = row["path_mtu"] != row["mtu"]
    return (
        row["source"],
        row["target"],
        _figure(row["ms"]),
        _figure(row["mbits"]),
        f"{size} of {_figure(row['mtu'])}" if is_short else size,
        row["verdict"],
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left, figures to the right."""
    padded = [
        cell.rjust(width) if 2 <= column <= 4 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) and value < 10 else f"{value:.0f}"


def _summary(matrix: Sequence[Mapping[str, Any]]) -> str:
    well = sum(row["verdict"] == "ok" for row in matrix)
    slowest = min((row["mbits"] for row in matrix if row["mbits"] is not None), default=None)
    longest = max((row["ms"] for row in matrix if row["ms"] is not None), default=None)
    words = [f"{well} of {len(matrix)} pairs are well"]
    words += [f"the slowest stream had {_figure(slowest)} Mbit/s"] if slowest is not None else []
    words += [f"the longest way took {_figure(longest)} ms"] if longest is not None else []
    return "; ".join(words)
