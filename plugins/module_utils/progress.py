# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what a trainer says of its progress, and the last lines of what it printed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def last_lines(text: str, count: int) -> list[str]:
    """The last lines with something on them; of a bar that was drawn over and over only its last form."""
    lines = []
    for line in text.split("\n"):
        drawn = [part for part in line.split("\r") if part.strip()]
        if drawn:
            lines.append(ESCAPES.sub("", drawn[-1]).rstrip())
    return lines[-count:] if count > 0 else []


def read_progress(first_lines: Sequence[str], latest_lines: Sequence[str]) -> dict[str, Any]:
    """LLaMA-Factory's C(trainer_log.jsonl): where it stands, and its first and latest loss."""
    first = [entry for entry in map(_entry, first_lines) if entry]
    latest = [entry for entry in map(_entry, latest_lines) if entry]
    if not latest:
        return {}
    with_loss = [entry for entry in latest if entry.get("loss") is not None]
    return {
        "step": latest[-1].get("current_steps"),
        "total": latest[-1].get("total_steps"),
        "percentage": latest[-1].get("percentage"),
        "remaining": latest[-1].get("remaining_time"),
        "loss": with_loss[-1]["loss"] if with_loss else None,
        "first_loss": next((entry["loss"] for entry in first if entry.get("loss") is not None), None),
    }


def _entry(line: str) -> dict[str, Any]:
    """One line; a line that is cut or is not of this form counts for nothing."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) and "current_steps" in entry else {}
