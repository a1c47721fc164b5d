# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parse the table of the fabric's choices into choices with their reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fabric.table import COLUMNS, choice_lines
from .values import record, records, text

BECAUSE = "because:"
GAP = re.compile(r"\s{2,}")


@dataclass(frozen=True)
class ReportedChoice:
    """One choice; ``values`` are pairs of a host and its value."""

    what: str
    values: Sequence[tuple[str, str]]
    reason: str


def choices_of(lines: Sequence[str]) -> list[ReportedChoice]:
    """Return the choices in lines of the fabric's table, in which a reason follows the lines that it is for."""
    found: list[ReportedChoice] = []
    waiting: list[str] = []
    for line in (one.strip() for one in lines):
        if line.startswith(BECAUSE):
            found += _choices(waiting, line.removeprefix(BECAUSE).strip())
            waiting = []
        elif line:
            waiting.append(line)
    return [*found, *_choices(waiting, "")]


def planned_choices(preflight: dict[str, Any]) -> list[ReportedChoice]:
    """Return the choices in the results of the preflight."""
    chosen = records(record(preflight.get("plan")).get("choices"))
    return choices_of(choice_lines([{key: text(one.get(key)) for key in (*COLUMNS, "reason")} for one in chosen]))


def _choices(lines: Sequence[str], reason: str) -> list[ReportedChoice]:
    """Return one choice for each subject, with the values of all hosts."""
    by_subject: dict[str, list[tuple[str, str]]] = {}
    for line in lines:
        what, host, value = (*GAP.split(line, maxsplit=2), "", "")[:3]
        by_subject.setdefault(what, []).append((host, value))
    return [ReportedChoice(what, [pair for pair in values if any(pair)], reason) for what, values in by_subject.items()]
