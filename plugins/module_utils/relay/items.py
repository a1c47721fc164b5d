# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ascending numbers of items, kept as runs: those of a directory are very many, and most of them follow."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence


class ItemRanges:
    """A sequence of ascending numbers, that takes memory for each run of them only."""

    def __init__(self, items: Iterable[int] = ()) -> None:
        """Raise ValueError where the items do not ascend."""
        self._starts = array("q")
        self._ranks = array("q")  # of the first item of each run
        self._count = 0
        after = -1
        for item in items:
            if item < after:
                raise ValueError(f"item {item} is out of order")
            if item != after:
                self._starts.append(item)
                self._ranks.append(self._count)
            self._count += 1
            after = item + 1

    @classmethod
    def of_steps(cls, steps: Sequence[int]) -> ItemRanges:
        """Return the items that C(steps) gave; raise ValueError where they are none."""
        found = cls()
        after = 0
        for left_out, length in zip(steps[::2], steps[1::2], strict=True):
            if left_out < 0 or length < 1 or (found._count and not left_out):
                raise ValueError("the runs of items are out of order")
            found._starts.append(after + left_out)
            found._ranks.append(found._count)
            found._count += length
            after += left_out + length
        return found

    def steps(self) -> list[int]:
        """Return how many items are left out before each run, and how long the run is: what repeats packs well."""
        steps: list[int] = []
        after = 0
        for start, length in self._runs():
            steps += [start - after, length]
            after = start + length
        return steps

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return self._count > 0

    def __iter__(self) -> Iterator[int]:
        for start, length in self._runs():
            yield from range(start, start + length)

    def after(self, rank: int) -> Iterator[int]:
        """Yield the items from this rank on."""
        run = max(bisect_right(self._ranks, rank) - 1, 0)
        left_out = rank - self._ranks[run] if self._count else 0
        for start, length in self._runs(run):
            yield from range(start + left_out, start + length)
            left_out = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ItemRanges) and self.steps() == other.steps()

    def __hash__(self) -> int:
        return hash(tuple(self.steps()))

    def __getitem__(self, rank: int) -> int:
        """Return the item of this rank; raise IndexError where there is none, negative ranks count from the end."""
        rank = rank + self._count if rank < 0 else rank
        if not 0 <= rank < self._count:
            raise IndexError(rank)
        run = bisect_right(self._ranks, rank) - 1
        return self._starts[run] + rank - self._ranks[run]

    def __contains__(self, item: object) -> bool:
        return isinstance(item, int) and self._rank(item) is not None

    def rank(self, item: int) -> int:
        """Return the place of an item among all; raise KeyError where it is none of them."""
        rank = self._rank(item)
        if rank is None:
            raise KeyError(item)
        return rank

    def from_rank(self, rank: int) -> ItemRanges:
        """Return the items from this rank on."""
        rest = ItemRanges()
        for start, length in self._runs():
            left_out = min(max(rank, 0), length)
            rank -= length
            if left_out < length:
                rest._starts.append(start + left_out)
                rest._ranks.append(rest._count)
                rest._count += length - left_out
        return rest

    def _rank(self, item: int) -> int | None:
        run = bisect_right(self._starts, item) - 1
        if run < 0:
            return None
        end = self._ranks[run + 1] if run + 1 < len(self._ranks) else self._count
        rank = self._ranks[run] + item - self._starts[run]
        return rank if rank < end else None

    def _runs(self, first: int = 0) -> Iterator[tuple[int, int]]:
        for run in range(first, len(self._starts)):
            end = self._ranks[run + 1] if run + 1 < len(self._ranks) else self._count
            yield self._starts[run], end - self._ranks[run]
