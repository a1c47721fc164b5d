# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

COLUMNS = ("severity", "host", "subject")


def table_lines(findings: Sequence[Mapping[str, str]]) -> list[str]:
    """One line a finding, its remedy below it; the columns line up."""
    widths = {column: max((len(one[column]) for one in findings), default=0) for column in COLUMNS}
    lines = []
    for one in findings:
        row = "  ".join(one[column].ljust(widths[column]) for column in COLUMNS)
        lines.append(f"{row}  {one['found']}")
        lines.append(" " * (len(row) + 2) + one["remedy"])
    return lines


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
