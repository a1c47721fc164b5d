# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A table on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """``kind`` is empty, number, code or a badge; ``differs`` marks a difference from the other hosts."""

    text: str
    kind: str = ""
    differs: bool = False


@dataclass(frozen=True)
class Table:
    """The first cell of a row is its heading; ``figures`` are the headings of columns of numbers."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    figures: Sequence[str] = field(default_factory=tuple)
