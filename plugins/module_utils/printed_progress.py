# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What trainers print while they train: a bar, losses, rates, and the sizes named at the start."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ansible_collections.distrain.cluster.plugins.module_utils.progress import seconds_of

Number = TypeVar("Number", int, float)

# Without words before it: bars that load and tokenize have some.
BAR = re.compile(r"(?:^|[\r\n])\s*(\d+)%\|[^|\r\n]*\|\s*(\d+)/(\d+) \[([\d:]+)<([\d:?]+),\s*([\d.?]+)(it/s|s/it)")
LOSS = re.compile(r"\{'loss': '?([\d.]+(?:e[+-]?\d+)?)")
BATCH = re.compile(r"Total train batch size \(w\. parallel, distributed & accumulation\) = ([\d,]+)")
STEPS = re.compile(r"Total optimization steps = ([\d,]+)")
NUMBER = r"'?(\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
# LLaMA-Factory's, over all ranks. What transformers calls train_tokens_per_second is of one rank.
TOKENS = re.compile(rf"'throughput': {NUMBER}")
TOKENS_SEEN = re.compile(r"'num_input_tokens_seen': '?(\d+)")
# XuanYuan's, and that of many a loop of one's own: epoch0 step12/100 loss: 3.51.
LINE = re.compile(rf"\bstep ?(\d+)/(\d+)\b[^\r\n]*?\bloss ?[:=]? ?{NUMBER}", re.IGNORECASE)
# DeepSpeed's, again and again; transformers' comes at the end.
STEP_OF_DEEPSPEED = re.compile(r"/global_step=(\d+), ")
SAMPLES = re.compile(rf"\b(?:CurrSamplesPerSec|train_samples_per_second)'?\s*[=:]\s*{NUMBER}")


def read_printed(first_text: str, latest_text: str) -> dict[str, Any]:
    """From the beginning and the end of a job's output; a gap where it says nothing."""
    total = _count(STEPS, first_text, latest_text)
    bars = [found for found in BAR.finditer(latest_text) if total is None or int(found[3]) == total]
    losses, first_losses = _losses(latest_text), _losses(first_text)
    standing = _bar(*bars[-1].groups()) if bars else _line(latest_text)
    return {
        "batch": _count(BATCH, first_text, latest_text),
        "total": total,
        "loss": float(losses[-1]) if losses else None,
        "first_loss": float(first_losses[0]) if first_losses else None,
        "samples_per_second": _last(SAMPLES, latest_text, float),
        "tokens_per_second": _tokens(bars, latest_text, standing.get("steps_per_second")),
        **standing,
    }


def _losses(text: str) -> list[str]:
    return LOSS.findall(text) or [loss for _step, _total, loss in LINE.findall(text)]


def _line(text: str) -> dict[str, Any]:
    found = LINE.findall(text)
    if not found:
        return {"step": _last(STEP_OF_DEEPSPEED, text, int)}
    step, total, _loss = found[-1]
    return {"step": int(step), "total": int(total)}


def _tokens(bars: Sequence[re.Match[str]], text: str, steps_per_second: float | None) -> float | None:
    """The tokens of a step, by the bars before the first and the last count of them, times the steps a second."""
    told = _last(TOKENS, text, float)
    counts = [(_step_before(bars, found.start()), int(found[1])) for found in TOKENS_SEEN.finditer(text)]
    known = [(step, count) for step, count in counts if step is not None]
    if told is not None or not known or not steps_per_second:
        return told
    (first_step, first), (last_step, last) = known[0], known[-1]
    steps, tokens = last_step - first_step, last - first
    return round(tokens / steps * steps_per_second, 1) if steps > 0 and tokens > 0 else None


def _step_before(bars: Sequence[re.Match[str]], place: int) -> int | None:
    return next((int(found[2]) for found in reversed(bars) if found.start() < place), None)


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


def _count(pattern: re.Pattern[str], first_text: str, latest_text: str) -> int | None:
    """What was said last: with other ranks a trainer names other sizes."""
    found = pattern.findall(latest_text) or pattern.findall(first_text)
    return int(found[-1].replace(",", "")) if found else None


def _last(pattern: re.Pattern[str], text: str, kind: Callable[[str], Number]) -> Number | None:
    found = pattern.findall(text)
    return kind(found[-1]) if found else None
