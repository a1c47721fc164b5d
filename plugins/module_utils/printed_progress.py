# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What transformers prints while it trains: its bar, its losses, and the sizes that it names at the start."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.progress import seconds_of

# Without words before it: bars that load and tokenize have some.
BAR = re.compile(r"(?:^|[\r\n])\s*(\d+)%\|[^|\r\n]*\|\s*(\d+)/(\d+) \[([\d:]+)<([\d:?]+),\s*([\d.?]+)(it/s|s/it)")
LOSS = re.compile(r"\{'loss': '?([\d.]+(?:e[+-]?\d+)?)")
BATCH = re.compile(r"Total train batch size \(w\. parallel, distributed & accumulation\) = ([\d,]+)")
STEPS = re.compile(r"Total optimization steps = ([\d,]+)")


def read_printed(first_text: str, latest_text: str) -> dict[str, Any]:
    """From the beginning and the end of a job's output; a gap where it says nothing."""
    total = _number(STEPS, first_text)
    bars = [found for found in BAR.findall(latest_text) if total is None or int(found[2]) == total]
    losses = LOSS.findall(latest_text)
    first_losses = LOSS.findall(first_text)
    return {
        "batch": _number(BATCH, first_text),
        "loss": float(losses[-1]) if losses else None,
        "first_loss": float(first_losses[0]) if first_losses else None,
        **(_bar(*bars[-1]) if bars else {"step": None, "total": total}),
    }


def _bar(percentage: str, step: str, total: str, _elapsed: str, remaining: str, rate: str, unit: str) -> dict[str, Any]:
    pace = float(rate) if rate.replace(".", "", 1).isdigit() else None
    if pace and unit == "s/it":
        pace = 1 / pace
    return {
        "step": int(step),
        "total": int(total),
        "percentage": float(percentage),
        "remaining": None if "?" in remaining else remaining,
        "remaining_seconds": seconds_of(remaining),
        "steps_per_second": round(pace, 4) if pace else None,
    }


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found[1].replace(",", "")) if found else None
