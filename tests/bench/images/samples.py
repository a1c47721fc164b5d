# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what was measured, and which of it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One measurement. C(what) is a way or a case, C(figures) are what was found beside the time.

    One without a cap is never void: there the processor is what carries, and its share is only recorded.
    """

    what: str
    shape: str
    hosts: int
    round: int
    seconds: float
    cpu: float
    is_void: bool = False
    figures: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Found:
    """A figure of each round that counts, and how many rounds did not."""

    values: tuple[float, ...] = ()
    void_rounds: int = 0

    @property
    def median(self) -> float | None:
        return median(self.values) if self.values else None

    @property
    def worst(self) -> float | None:
        return max(self.values, default=None)


def select(samples: Sequence[Sample], what: str, shape: str, hosts: int) -> dict[int, Sample]:
    """By round."""
    return {one.round: one for one in samples if (one.what, one.shape, one.hosts) == (what, shape, hosts)}


def by_round(figure: Callable[..., float], *columns: Mapping[int, Sample]) -> Found:
    """A figure made of one sample of each column, for each round that has them all; void where one of them is."""
    values, void = [], 0
    for number in sorted(set.intersection(*(set(column) for column in columns))):
        together = [column[number] for column in columns]
        if any(one.is_void for one in together):
            void += 1
        else:
            values.append(figure(*together))
    return Found(tuple(values), void)


def ratio(over: Sample, under: Sample) -> float:
    return over.seconds / under.seconds
