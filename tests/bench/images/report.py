# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows as a file and as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.images import plot
from tests.bench.images.options import Options
from tests.bench.images.rows import Row
from tests.bench.images.samples import Sample
from tests.faults.lab import ROOT

PATH = ROOT / "artifacts" / "bench-images.json"
PLOT = ROOT / "artifacts" / "bench-images.svg"


def write(
    rows: Sequence[Row],
    samples: Sequence[Sample],
    problems: Sequence[str],
    options: Options,
    machine: Mapping[str, Any],
) -> None:
    points = plot.points(samples, options)
    content = {
        "rows": [row.as_json() for row in rows],
        "setting": {**asdict(options), **machine},
        "seconds_by_hosts": points,
        "problems": list(problems),
        "samples": [one.as_json() for one in samples],
    }
    path, drawing = paths(options)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    title = f"An image of {options.size} MB to hosts whose interfaces carry {options.rate:g} Mbit/s"
    drawing.write_text(plot.draw(points, title))


def paths(options: Options) -> tuple[Path, Path]:
    """Where a part was measured alone, what was found in a whole run stays."""
    if not options.only:
        return PATH, PLOT
    return PATH.with_stem(f"{PATH.stem}-part"), PLOT.with_stem(f"{PLOT.stem}-part")


def table(rows: Sequence[Row], options: Options) -> str:
    path, drawing = paths(options)
    width = max(len(row.row) for row in rows)
    lines = [f"{'holds':5}  {'what':{width}}  {'value':>7}  {'goal':>7}  rounds  void"]
    for row in rows:
        value = "-" if row.value is None else f"{row.value:.3f}"
        goal = f"{'>=' if row.at_least else '<='} {row.goal:g}"
        holds = "yes" if row.holds else "NO"
        lines.append(f"{holds:5}  {row.row:{width}}  {value:>7}  {goal:>7}  {row.rounds:>6}  {row.void_rounds:>4}")
    return "\n".join([*lines, f"{sum(row.holds for row in rows)} of {len(rows)} hold; {path}, {drawing}"])
