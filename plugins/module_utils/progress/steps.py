# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that a trainer logged, and whether the last of them show that the training has diverged.

A logged step is destroyed where its loss is nan or infinite, or where its loss is exactly 0 and the norm of its
gradient is nan or infinite: transformers leaves nan out of the loss that it logs, so that 0 remains. It overflowed
where only the norm is nan or infinite: with fp16 the loss scaler skips such a step, so that a few of them, the first
ones in particular, are normal. A rising loss, or a loss of 0 with a finite norm, is no sign of divergence.

A job has diverged where its last logged steps, without a sound one after them, are

- destroyed: ``DESTROYED_STEPS`` of them, or any number at the end of a job that has ended, or
- destroyed or overflowed: ``OVERFLOWED_STEPS`` of them, more than it takes to halve the scale from 2**16 to 1, or all
  the steps, at least three, of a job that has ended. The trainer then skips every update of the weights, unless the
  loss falls over these steps: then only the norm is wrong.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DESTROYED_STEPS = 3
OVERFLOWED_STEPS = 20
FALLING = 0.95
_LONGEST_NUMBER = 64


@dataclass(frozen=True)
class LoggedStep:
    """``loss`` and ``grad_norm`` may be nan or infinite; None was not logged."""

    step: int | None = None
    loss: float | None = None
    grad_norm: float | None = None

    @property
    def is_destroyed(self) -> bool:
        if self.loss is None:
            return False
        return not math.isfinite(self.loss) or (self.loss == 0 and self.has_overflowed)

    @property
    def has_overflowed(self) -> bool:
        return self.grad_norm is not None and not math.isfinite(self.grad_norm)


@dataclass(frozen=True)
class Divergence:
    """``step`` is the first logged step that shows it, or None; ``steps`` is how many logged steps show it."""

    step: int | None
    is_exact: bool
    steps: int
    loss: str
    grad_norm: str
    has_loss: bool

    def __str__(self) -> str:
        """Return a text such as C(diverged at step 2: loss 0, grad_norm nan in the last 39 logged steps)."""
        where = "" if self.step is None else f" at step {self.step}{'' if self.is_exact else ' or before'}"
        values = [f"loss {self.loss}"] if self.has_loss and self.loss else []
        values += [f"grad_norm {self.grad_norm}"] if self.grad_norm else []
        steps = "the last logged step" if self.steps == 1 else f"the last {self.steps} logged steps"
        return f"diverged{where}: {', '.join(values)} in {steps}"


def number_of(value: Any) -> float | None:
    """Return a number or the number in a string, which may be nan or infinite, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and (len(value) > _LONGEST_NUMBER or "_" in value):
        return None
    try:
        return float(value)
    except ValueError:
        return None
    except OverflowError:
        return math.inf


def finite(value: Any) -> float | None:
    """Return a finite number, which JSON can hold, or None."""
    found = number_of(value)
    return found if found is not None and math.isfinite(found) else None


def count_of(value: Any) -> int | None:
    """Return a number of steps or tokens, or None where it is negative, too large or no number."""
    found = finite(value)
    return int(found) if found is not None and 0 <= found < 1e15 else None


def without_nan(value: Any) -> Any:
    """Return the value with None in the place of every number that is nan or infinite, which JSON cannot hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: without_nan(one) for key, one in value.items()}
    return [without_nan(one) for one in value] if isinstance(value, list | tuple) else value


def figures(first: Sequence[LoggedStep], latest: Sequence[LoggedStep]) -> dict[str, Any]:
    """Return first_loss, loss, grad_norm and not_finite, by the first and the latest logged steps.

    C(not_finite) is None where the last step is sound. Else it has the last loss and norm as text where they are nan or
    infinite, and how many of the last steps were destroyed, or at least overflowed, since which step.
    """
    losses = [one.loss for one in latest if one.loss is not None]
    norms = [one.grad_norm for one in latest if one.grad_norm is not None]
    return {
        "first_loss": next((finite(one.loss) for one in first if one.loss is not None), None),
        "loss": finite(losses[-1]) if losses else None,
        "grad_norm": finite(norms[-1]) if norms else None,
        "not_finite": _not_finite(first, latest),
    }


def _not_finite(first: Sequence[LoggedStep], latest: Sequence[LoggedStep]) -> dict[str, Any] | None:
    logged = [one for one in latest if one.loss is not None or one.grad_norm is not None]
    if not logged or not (logged[-1].is_destroyed or logged[-1].has_overflowed):
        return None
    begins = logged[0].step
    before = [one for one in first if begins is not None and one.step is not None and one.step < begins]
    known = [*before, *logged]
    # There may be others between the first and the latest steps.
    gap = -1 if first and first[0].step == latest[0].step else len(before)
    return {
        "loss": _words(logged[-1].loss),
        "grad_norm": _words(logged[-1].grad_norm),
        "destroyed": _last_of(known, [one.is_destroyed for one in known], gap),
        "overflowed": _last_of(known, [one.is_destroyed or one.has_overflowed for one in known], gap),
        "of": len(known),
    }


def _last_of(known: Sequence[LoggedStep], are_bad: Sequence[bool], gap: int) -> dict[str, Any]:
    """Return how many of the last steps are bad, and since which one; at ``gap`` steps may be missing."""
    many = next((place for place, is_bad in enumerate(reversed(are_bad)) if not is_bad), len(are_bad))
    start = len(known) - many
    return {
        "steps": many,
        "since": known[start].step if many else None,
        "is_exact": start != gap,
        "loss_falls": _falls([one.loss for one in known[start:] if one.loss is not None and math.isfinite(one.loss)]),
    }


def _falls(losses: Sequence[float]) -> bool:
    """Whether the mean of the second half is clearly below that of the first half."""
    half = len(losses) // 2
    return half > 0 and statistics.fmean(losses[half:]) < FALLING * statistics.fmean(losses[:half])


def _words(value: float | None) -> str | None:
    return None if value is None or math.isfinite(value) else str(value)


def divergence(progress: Mapping[str, Any], has_ended: bool) -> Divergence | None:
    """Return how the training of a rank has diverged by its progress, or None where nothing proves it."""
    found = progress.get("not_finite")
    if not found:
        return None
    destroyed, overflowed = found["destroyed"], found["overflowed"]
    if destroyed["steps"] >= (1 if has_ended else DESTROYED_STEPS):
        return _divergence(destroyed, progress, found, True)
    is_all = has_ended and overflowed["steps"] == found["of"] >= DESTROYED_STEPS
    if overflowed["loss_falls"] or not (overflowed["steps"] >= OVERFLOWED_STEPS or is_all):
        return None
    return _divergence(overflowed, progress, found, False)


def _divergence(
    streak: Mapping[str, Any], progress: Mapping[str, Any], found: Mapping[str, Any], has_loss: bool
) -> Divergence:
    loss, norm = loss_words(progress), found["grad_norm"] or ""
    return Divergence(streak["since"], streak["is_exact"], streak["steps"], loss, norm, has_loss)


def loss_words(progress: Mapping[str, Any], form: str = ".4g") -> str:
    """Return the last loss as text, such as C(2.1) or C(nan), empty where none was logged."""
    return _figure_words(progress, "loss", form)


def grad_norm_words(progress: Mapping[str, Any]) -> str:
    """Return the last gradient norm as text, empty where none was logged."""
    return _figure_words(progress, "grad_norm", ".3g")


def _figure_words(progress: Mapping[str, Any], name: str, form: str) -> str:
    value = progress.get(name)
    return f"{value:{form}}" if value is not None else (progress.get("not_finite") or {}).get(name) or ""
