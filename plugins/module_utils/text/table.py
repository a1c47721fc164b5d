# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: rows of text as lines of a table."""

from __future__ import annotations

from collections.abc import Container, Sequence

GAP = "  "


def table_lines(rows: Sequence[Sequence[str]], right: Container[int] = ()) -> list[str]:
    """One line for each row, all columns aligned; a heading is a row like the others.

    The columns whose numbers are in ``right`` are aligned to the right, the others to the left. All rows have the
    same number of cells.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
