# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The samples in a step over all ranks, and the throughput of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BATCH, ACCUMULATION = "per_device_train_batch_size", "gradient_accumulation_steps"
# Above 1, several processes share the same samples.
SHARED = (
    "tensor_model_parallel_size",
    "pipeline_model_parallel_size",
    "context_parallel_size",
    "sequence_parallel_size",
)


def samples_per_step(settings: Mapping[str, Any], arguments: Sequence[str], world_size: int) -> int:
    """Return the samples in a step by the names of transformers' settings and arguments, or 0 if unknown."""
    named = {**settings, **_named(arguments)}
    if named.get("auto_find_batch_size") not in (None, False, "false", "False"):
        return 0
    if any(_count(named.get(name, 1)) != 1 for name in SHARED):
        return 0
    return _count(named.get(BATCH)) * _count(named.get(ACCUMULATION, 1)) * world_size


def throughput(
    progress: Mapping[str, Any], steps_per_second: float | None, samples_a_step: int
) -> dict[str, float | None]:
    """Return the reported rates, else the observed steps a second times the samples in one; None is unknown."""
    samples = progress.get("samples_per_second")
    batch = progress.get("samples_per_step") or samples_a_step
    if samples is None and progress.get("step") is not None and steps_per_second and batch:
        samples = round(steps_per_second * batch, 2)
    return {"tokens_per_second": progress.get("tokens_per_second"), "samples_per_second": samples}


def rate_words(rates: Mapping[str, Any]) -> str:
    """Return the first rate that is known, such as C(10.9 samples/s), or an empty string."""
    for unit in ("tokens", "samples", "steps"):
        value = rates.get(f"{unit}_per_second")
        if value:
            return f"{value:.0f} {unit}/s" if value >= 100 else f"{value:.3g} {unit}/s"
    return ""


def _named(arguments: Sequence[str]) -> dict[str, str]:
    """Return the values of C(--name value) and C(--name=value); a flag gets the next argument."""
    found = {}
    for number, word in enumerate(arguments):
        if word.startswith("--"):
            name, _equals, value = word[2:].partition("=")
            found[name.replace("-", "_")] = value or "".join(arguments[number + 1 : number + 2])
    return found


def _count(value: Any) -> int:
    """Return the number, or 0 for anything else, such as C(auto)."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
