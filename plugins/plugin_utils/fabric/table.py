# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The choices of the fabric plan as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = ("what", "host", "value")


def table_lines(choices: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a choice, the reason below it where it differs from the one before; the columns line up."""
    rows = [{**one, "value": str(one["value"]) or "-"} for one in choices]
    widths = {column: max((len(one[column]) for one in rows), default=0) for column in COLUMNS}
    lines = []
    for number, one in enumerate(rows):
        lines.append("  ".join(one[column].ljust(widths[column]) for column in COLUMNS).rstrip())
        following = rows[number + 1] if number + 1 < len(rows) else {}
        if (one["what"], one["reason"]) != (following.get("what"), following.get("reason")):
            lines.append(f"    because: {one['reason']}")
    return lines
