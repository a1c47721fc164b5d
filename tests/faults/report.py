# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The entries as a file and as a table."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from tests.faults import lab
from tests.faults.case import Entry

PATH = lab.ROOT / "artifacts" / f"{lab.NAME}.json"
HEAD = f"{'holds':5}  {'case':40}  {'to say':>7}  {'to heal':>7}  {'in all':>7}  {'blamed':32}  lost"


def write(entries: Sequence[Entry]) -> None:
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(json.dumps([entry.as_json() for entry in entries], indent=2, ensure_ascii=False) + "\n")


def line(entry: Entry) -> str:
    figures = "  ".join(map(_seconds, (entry.seconds_to_say, entry.seconds_to_heal, entry.seconds)))
    named = f"{entry.blamed.host} ({entry.blamed.kind})" if entry.blamed else "-"
    return f"{'yes' if entry.holds else 'NO':5}  {entry.case:40}  {figures}  {named:32}  {entry.lost}"


def table(entries: Sequence[Entry]) -> str:
    lines = [HEAD]
    for entry in entries:
        lines.append(line(entry))
        if not entry.holds:
            lines.append(textwrap.indent(textwrap.fill(f"said: {entry.said}", 110), "       "))
    held = sum(entry.holds for entry in entries)
    return "\n".join([*lines, summary(entries), f"{held} of {len(entries)} hold; the file is {PATH}."])


def summary(entries: Sequence[Entry]) -> str:
    """Return how often a success was reported that was none, and how often another was blamed than the case has."""
    successes = sum(entry.is_false_success for entry in entries)
    return f"false success: {successes}, wrong blame: {sum(entry.is_wrongly_blamed for entry in entries)}"


def _seconds(value: float | None) -> str:
    return f"{'-' if value is None else f'{value:.1f} s':>7}"
