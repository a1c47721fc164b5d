# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..text.table import GAP, table_lines

COLUMNS = ("severity", "host", "subject")


def finding_lines(findings: Sequence[Mapping[str, str]]) -> list[str]:
    """Two lines for each finding: what was found, and below it the remedy."""
    rows = [[*(one[column] for column in COLUMNS), one["found"]] for one in findings]
    indent = sum(max((len(row[number]) for row in rows), default=0) + len(GAP) for number in range(len(COLUMNS)))
    return [
        text
        for line, one in zip(table_lines(rows), findings, strict=True)
        for text in (line, " " * indent + one["remedy"])
    ]


def error_summary(findings: Sequence[Mapping[str, str]]) -> str:
    """The errors as one message; empty where there are none."""
    errors = [
        f"{one['host']}: {one['found'].rstrip('.')} ({one['subject']}). {one['remedy']}"
        for one in findings
        if one["severity"] == "error"
    ]
    if not errors:
        return ""
    noun = "1 error stands" if len(errors) == 1 else f"{len(errors)} errors stand"
    return f"{noun} in the way, and nothing was changed on any host. " + " ".join(errors)
