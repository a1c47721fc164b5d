# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of the overlay network, and what is wrong with it, as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines

HEADING = ("from", "to", "ms", "Mbit/s", "MTU", "verdict")
FIGURES = range(2, 5)
# Eight hosts to each other; of more only what is not well is shown line by line.
ROWS_TO_SHOW = 56


def matrix_lines(verdict: Mapping[str, Any]) -> list[str]:
    """One line for each pair of hosts, and a summary."""
    matrix = verdict["matrix"]
    shown = matrix if len(matrix) <= ROWS_TO_SHOW else [row for row in matrix if row["verdict"] != "ok"]
    cells = [_cells(row) for row in shown]
    lines = table_lines([HEADING, *cells], right=FIGURES) if cells else []
    return [*lines, _summary(matrix)]


def verdict_message(verdict: Mapping[str, Any]) -> str:
    """The problems with their remedies; empty where the overlay is whole."""
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
