# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.distrain.cluster.plugins.module_utils.text.names import folded
from ansible_collections.distrain.cluster.plugins.module_utils.text.table import GAP, table_lines

SAME = ("severity", "subject", "found")


def finding_lines(findings: Sequence[Mapping[str, str]]) -> list[str]:
    """Two lines for each finding: what was found, and below it the remedy. The same of several hosts is one."""
    hosts: dict[tuple[str, ...], list[str]] = {}
    for one in findings:
        hosts.setdefault(tuple(one[name] for name in (*SAME, "remedy")), []).append(one["host"])
    rows = [[severity, folded(names), subject, found] for (severity, subject, found, _remedy), names in hosts.items()]
    indent = sum(max((len(row[number]) for row in rows), default=0) + len(GAP) for number in range(len(SAME)))
    return [
        text
        for line, (*_same, remedy) in zip(table_lines(rows), hosts, strict=True)
        for text in (line, " " * indent + remedy)
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
