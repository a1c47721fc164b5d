# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The progress of a job by what its trainer prints: bars, losses, rates, and the sizes named at the start."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..base.durations import clock_time, seconds_of
from .lines import LoggedValues, ProgressBar, read_lines
from .steps import LoggedStep, count_of, figures, finite

BATCH = re.compile(r"Total train batch size \(w\. parallel, distributed & accumulation\) = (\d[\d,]{0,18})")
STEPS = re.compile(r"Total optimization steps = (\d[\d,]{0,18})")
NUMBER = r"'?(\d{1,15}(?:\.\d+)?(?:e[+-]?\d+)?)"
# LLaMA-Factory's, over all ranks. train_tokens_per_second of transformers is that of one rank.
TOKENS = re.compile(rf"'throughput': {NUMBER}")
# DeepSpeed prints it repeatedly, transformers at the end.
SAMPLES = re.compile(rf"\b(?:CurrSamplesPerSec|train_samples_per_second|samples/sec)'?\s*[=:]\s*{NUMBER}")

Items = Sequence[ProgressBar | LoggedValues]


def read_printed(first_text: str, latest_text: str) -> dict[str, Any]:
    """Return the progress by the beginning and the end of a job's output; None for what it does not contain."""
    latest = read_lines(latest_text)
    first = latest if first_text == latest_text else read_lines(first_text)
    total = _count(STEPS, first_text, latest_text)
    bars = _training_bars(latest, total)
    position = _position(bars, latest)
    return {
        "batch": _count(BATCH, first_text, latest_text) or _last_batch(latest),
        "total": total,
        **figures(_logged(first, _training_bars(first, total)), _logged(latest, bars)),
        "samples_per_second": _last(SAMPLES, latest_text),
        "tokens_per_second": _tokens(latest, bars, latest_text, position.get("steps_per_second")),
        **position,
    }


def _training_bars(items: Items, total: int | None) -> list[ProgressBar]:
    """Return the bars with the total that the trainer named, else with that of the bars before its losses, else all."""
    if total is not None:
        return [one for one in items if isinstance(one, ProgressBar) and one.total == total and not one.is_other_work]
    bars = [one for one in items if isinstance(one, ProgressBar) and one.is_training]
    usual = Counter(_totals_before_losses(items)).most_common(1)
    return [one for one in bars if one.total == usual[0][0]] if usual else bars


def _totals_before_losses(items: Items) -> Iterator[int]:
    latest: ProgressBar | None = None
    for one in items:
        if isinstance(one, ProgressBar):
            latest = one if one.is_training else latest
            if one.is_training and one.loss is not None:
                yield one.total
        elif one.is_logged and latest:
            yield latest.total


def _position(bars: Sequence[ProgressBar], items: Items) -> dict[str, Any]:
    """Return the step by the last bar, or by a later line that names one where that bar is complete."""
    places = {id(one): place for place, one in enumerate(items)}
    steps = [one for one in items if isinstance(one, LoggedValues) and one.step is not None]
    if bars and (bars[-1].step < bars[-1].total or not steps or places[id(steps[-1])] < places[id(bars[-1])]):
        return _of_bar(bars[-1])
    return _of_line(steps) if steps else {"step": None}


def _of_bar(progress: ProgressBar) -> dict[str, Any]:
    return {
        "step": progress.step,
        "total": progress.total,
        "percentage": progress.percentage,
        "remaining": progress.left or None,
        "remaining_seconds": seconds_of(progress.left),
        "steps_per_second": round(progress.rate, 4) if progress.rate else None,
    }


def _of_line(steps: Sequence[LoggedValues]) -> dict[str, Any]:
    """Return the step of the last line, with the last total that was named: not every line has one."""
    last = steps[-1]
    total = next((one.total for one in reversed(steps) if one.total is not None), None)
    found: dict[str, Any] = {"step": last.step}
    if total is not None:
        found |= {"total": total, "percentage": round(100 * (last.step or 0) / total, 2) if total else None}
    if last.seconds_left is not None:
        found |= {"remaining": clock_time(last.seconds_left), "remaining_seconds": round(last.seconds_left, 1)}
    return found | ({"steps_per_second": round(last.rate, 4)} if last.rate else {})


def _logged(items: Items, bars: Sequence[ProgressBar]) -> list[LoggedStep]:
    """Return the losses in dictionaries, else those in lines, else those behind the bars."""
    dictionaries, lines = [], []
    bar_ids, step = {id(one) for one in bars}, None
    for one in items:
        if isinstance(one, ProgressBar):
            step = one.step if id(one) in bar_ids else step
        elif one.loss is not None and one.is_logged:
            dictionaries.append(LoggedStep(one.step if one.step is not None else step, one.loss, one.grad_norm))
        elif one.loss is not None:
            lines.append(LoggedStep(one.step, one.loss, one.grad_norm))
    # A bar is drawn several times a step.
    of_bars = {one.step: LoggedStep(one.step, one.loss, one.grad_norm) for one in bars if one.loss is not None}
    return dictionaries or lines or list(of_bars.values())


def _tokens(items: Items, bars: Sequence[ProgressBar], text: str, steps_per_second: float | None) -> float | None:
    """Return the printed rate, else the tokens a step, by their first and last count, times the steps a second."""
    printed = _last(TOKENS, text)
    known = list(_tokens_seen(items, bars))
    if printed is not None or not known or not steps_per_second:
        return printed
    (first_step, first), (last_step, last) = known[0], known[-1]
    steps, tokens = last_step - first_step, last - first
    return round(tokens / steps * steps_per_second, 1) if steps > 0 and tokens > 0 else None


def _tokens_seen(items: Items, bars: Sequence[ProgressBar]) -> Iterator[tuple[int, int]]:
    """Yield pairs of a step and the tokens seen up to it."""
    bar_ids, step = {id(one) for one in bars}, None
    for one in items:
        if isinstance(one, ProgressBar):
            step = one.step if id(one) in bar_ids else step
        elif one.tokens_seen is not None and step is not None:
            yield step, one.tokens_seen


def _last_batch(items: Items) -> int | None:
    return next((one.batch for one in reversed(items) if isinstance(one, LoggedValues) and one.batch), None)


def _count(pattern: re.Pattern[str], first_text: str, latest_text: str) -> int | None:
    """Return the last number that the pattern finds: with another number of ranks a trainer names other sizes."""
    found = pattern.findall(latest_text) or pattern.findall(first_text)
    return count_of(found[-1].replace(",", "")) if found else None


def _last(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.findall(text)
    return finite(found[-1]) if found else None
