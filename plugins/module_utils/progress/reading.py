# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The progress of a job, by the trainer's log file and what it prints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.durations import seconds_of
from ..base.printable import drawn_lines
from .steps import LoggedStep, count_of, figures, finite, number_of

# Times are whole seconds, so that a rate over less time is inexact.
RATE_SECONDS = 20
KNOWN = (
    "step",
    "total",
    "percentage",
    "remaining",
    "remaining_seconds",
    "loss",
    "first_loss",
    "grad_norm",
    "not_finite",
)
RATES = ("steps_per_second", "samples_per_second", "tokens_per_second")


def last_lines(text: str, count: int) -> list[str]:
    """Return the last lines that are not blank, as printable text; of a redrawn bar only its last version."""
    return [drawn[-1] for drawn in drawn_lines(text)][-count:] if count > 0 else []


def read_progress(first_lines: Sequence[str], latest_lines: Sequence[str]) -> dict[str, Any]:
    """Return the step, the rates and the losses by LLaMA-Factory's C(trainer_log.jsonl), empty without any entry.

    Every number can be written as JSON; see C(steps.figures) on those that are nan or infinite.
    """
    first = [entry for entry in map(_entry, first_lines) if entry]
    latest = [entry for entry in map(_entry, latest_lines) if entry]
    if not latest:
        return {}
    remaining_seconds = seconds_of(latest[-1].get("remaining_time"))
    return {
        "step": count_of(latest[-1].get("current_steps")),
        "total": count_of(latest[-1].get("total_steps")),
        "percentage": finite(latest[-1].get("percentage")),
        "remaining": None if remaining_seconds is None else latest[-1]["remaining_time"],
        "remaining_seconds": remaining_seconds,
        **figures(_logged(first), _logged(latest)),
        "steps_per_second": _per_second(latest, "current_steps", 4),
        "tokens_per_second": _tokens_per_second(latest),
    }


def complete(written: Mapping[str, Any], printed: Mapping[str, Any], samples_per_step: int = 0) -> dict[str, Any]:
    """Return the progress in the trainer's log file, completed by what it printed; samples are steps times the batch.

    ``samples_per_step`` is used where the trainer prints none; 0 is unknown. Empty where neither a step nor a loss is
    known.
    """
    both = {**printed, **{name: value for name, value in written.items() if value is not None}}
    if _has_loss(written):
        both["loss"] = written.get("loss")
    # Only the printed lines have the gradient norm, without which a loss of 0 proves nothing.
    both["not_finite"] = max(printed.get("not_finite"), written.get("not_finite"), key=_weight)
    if both.get("step") is None and not _has_loss(both):
        return {}
    batch = printed.get("batch") or samples_per_step or None
    if batch and both.get("steps_per_second"):
        both["samples_per_second"] = round(batch * both["steps_per_second"], 3)
    return {"samples_per_step": batch, **{name: both.get(name) for name in (*KNOWN, *RATES)}}


def _has_loss(progress: Mapping[str, Any]) -> bool:
    return progress.get("loss") is not None or bool((progress.get("not_finite") or {}).get("loss"))


def _weight(not_finite: Mapping[str, Any] | None) -> tuple[int, int]:
    return (not_finite["destroyed"]["steps"], not_finite["overflowed"]["steps"]) if not_finite else (0, -1)


def _logged(entries: Sequence[Mapping[str, Any]]) -> list[LoggedStep]:
    steps = (
        LoggedStep(count_of(one.get("current_steps")), number_of(one.get("loss")), number_of(one.get("grad_norm")))
        for one in entries
    )
    return [one for one in steps if one.loss is not None]


def _tokens_per_second(entries: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the recent rate, else the trainer's own, which is that of the whole run so far."""
    counted = (_per_second(entries, field, 1) for field in ("total_tokens", "num_input_tokens_seen"))
    return next((rate for rate in counted if rate is not None), finite(entries[-1].get("throughput")))


def _per_second(entries: Sequence[Mapping[str, Any]], field: str, digits: int) -> float | None:
    """Return the recent rate: a resumed job did not make its first steps within its elapsed time."""
    known = [(seconds_of(entry.get("elapsed_time")), count_of(entry.get(field))) for entry in entries]
    points: list[tuple[float, int]] = []
    for at, count in known:
        if at is None or count is None:
            continue
        if points and at < points[-1][0]:
            # A trainer that was restarted counts its time from zero.
            points.clear()
        points.append((at, count))
    if not points:
        return None
    now, latest = points[-1]
    then, earlier = next((point for point in reversed(points) if now - point[0] >= RATE_SECONDS), points[0])
    return round((latest - earlier) / (now - then), digits) if now > then and latest > earlier else None


def _entry(line: str) -> dict[str, Any]:
    """Return the entry in a line, empty for a line that is cut or of another form."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) and "current_steps" in entry else {}
