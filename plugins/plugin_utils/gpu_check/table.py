# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what the tests of all hosts have printed -> rows, their table, and what is said where the check has failed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines

from .verdict import COPIES, TERAFLOPS, figure

HEADING = ("host", "GPU", "UUID", "model", "TFLOP/s", "lowest", "to GPU", "to host", "on GPU", "checksum")
RIGHT = range(4, 9)
UUID_CHARACTERS = 12
NOTHING = "-"

Row = Mapping[str, Any]


def rows_of(host: str, gpus: Sequence[Mapping[str, Any]], printed: str, has_ended: bool) -> list[dict[str, Any]]:
    """Return a row for each GPU of a host; ``printed`` is the last line of its container."""
    why = "its container left no result" if has_ended else "its container did not end in time"
    try:
        results = json.loads(printed)
    except ValueError:
        results = {}
    results = results if isinstance(results, dict) else {}
    return [_row(host, gpu, results.get(gpu["uuid"]), why) for gpu in gpus]


def _row(host: str, gpu: Mapping[str, Any], result: Any, why: str) -> dict[str, Any]:
    """What a container has printed is not trusted to be whole."""
    if not isinstance(result, dict) or not (result.get("problem") or _is_whole(result)):
        result = {"problem": why}
    return {"host": host, "gpu": dict(gpu), **result}


def _is_whole(result: Mapping[str, Any]) -> bool:
    copies, digests = result.get("copies"), result.get("digests")
    numbers = [
        result.get(TERAFLOPS),
        result.get("teraflops_lowest"),
        *(copies.values() if isinstance(copies, dict) else ()),
    ]
    are_numbers = all(isinstance(one, int | float) and isfinite(one) for one in numbers)
    return are_numbers and isinstance(copies, dict) and bool(digests) and isinstance(digests, list)


def check_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table: one line for each GPU, rates in TFLOP/s and GB/s."""
    return table_lines([HEADING, *(_cells(row) for row in rows)], right=RIGHT)


def _cells(row: Row) -> tuple[str, ...]:
    gpu = row["gpu"]
    about = (row["host"], str(gpu["index"]), gpu["uuid"][:UUID_CHARACTERS], gpu["model"])
    if row["problem"]:
        return (*about, *([NOTHING] * 5), "failed")
    rates = [figure(row, TERAFLOPS), row["teraflops_lowest"], *(figure(row, name) for name in COPIES)]
    digests = row["digests"]
    return (*about, *map(_number, rates), row["digest"] if len(digests) == 1 else f"{len(digests)} different")


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def failure_message(findings: Sequence[Mapping[str, str]]) -> str:
    """Return the errors as one message; empty where there is none."""
    errors = [f"{one['host']}: {one['found']}. {one['remedy']}" for one in findings if one["severity"] == "error"]
    return "\n".join(errors)
