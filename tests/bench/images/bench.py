# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is measured in which order: all of it in turn, as many rounds as are wanted, and some more for void ones."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

from tests.bench.images.lab import Lab
from tests.bench.images.measure import Measure
from tests.bench.images.options import RIVALS, SHAPES, Options
from tests.bench.images.rows import MAIN, MANY
from tests.bench.images.samples import Sample
from tests.faults.lab import LabError

Measurement = tuple[str, Callable[[], Sample]]


class Bench:
    """C(samples) is what came of it, C(problems) what did not."""

    def __init__(self, lab: Lab, measure: Measure, options: Options, show: Callable[[str], None]) -> None:
        self.samples: list[Sample] = []
        self.problems: list[str] = []
        self._lab = lab
        self._measure = measure
        self._options = options
        self._show = show
        self._until = time.monotonic() + 60 * options.minutes

    def run(self) -> None:
        self._lab.uncap()
        self._rounds(self._uncapped)
        self._lab.cap()
        self._rounds(self._capped)

    def _rounds(self, of: Callable[[int], Iterator[Measurement]]) -> None:
        for number in range(1, self._options.rounds + self._options.spare_rounds + 1):
            if time.monotonic() > self._until:
                self._show(f"Out of time: no round {number}")
                return
            if number > self._options.rounds and not self._lacks_rounds():
                return
            for name, measure in of(number):
                self._take(f"round {number}: {name}", measure)

    def _lacks_rounds(self) -> bool:
        """Whether the rounds so far have void measurements: one more round measures all of it again, side by side."""
        return any(one.is_void for one in self.samples) if self._lab.is_capped else False

    def _take(self, name: str, measure: Callable[[], Sample]) -> None:
        try:
            sample = measure()
        except (LabError, subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
            self.problems.append(f"{name}: {type(error).__name__}: {error}")
            self._show(self.problems[-1])
            return
        self.samples.append(sample)
        self._show(line(name, sample))

    def _capped(self, number: int) -> Iterator[Measurement]:
        measure, hosts = self._measure, self._lab.receivers
        for shape in SHAPES:
            yield from self._ours(shape, hosts[:1], number)
            yield from self._ours(shape, hosts, number)
        for way in RIVALS:
            yield self._rival(way, hosts, number)
        yield "one killed", lambda: measure.killed(MAIN, hosts, number)
        yield "changed top layer", lambda: measure.changed(hosts, number)
        for shape in (MAIN, MANY):
            yield f"cut, {shape}", lambda shape=shape: measure.cut(shape, number)  # type: ignore[misc]
        yield from self._streams(number, "")
        for count in self._options.counts[1:-1]:
            yield from self._ours(MAIN, hosts[:count], number)
        if number <= self._options.plot_rounds:
            for count in self._options.counts[:-1]:
                for way in RIVALS:
                    yield self._rival(way, hosts[:count], number)

    def _uncapped(self, number: int) -> Iterator[Measurement]:
        measure, hosts = self._measure, self._lab.receivers[:1]
        yield "ours, no cap", lambda: measure.ours("large", hosts, number, ", no cap")
        for way in RIVALS:
            yield f"{way}, no cap", lambda way=way: measure.rival(way, "large", hosts, number, ", no cap")  # type: ignore[misc]
        yield from self._streams(number, ", no cap")

    def _streams(self, number: int, suffix: str) -> Iterator[Measurement]:
        yield f"plain{suffix}", lambda: self._measure.stream(False, number, suffix)
        yield f"encrypted{suffix}", lambda: self._measure.stream(True, number, suffix)

    def _ours(self, shape: str, hosts: Sequence[str], number: int) -> Iterator[Measurement]:
        yield f"ours, {shape}, {len(hosts)} hosts", lambda: self._measure.ours(shape, hosts, number)

    def _rival(self, way: str, hosts: Sequence[str], number: int) -> Measurement:
        return f"{way}, {len(hosts)} hosts", lambda: self._measure.rival(way, MAIN, hosts, number)


def line(name: str, sample: Sample) -> str:
    void = ", VOID" if sample.is_void else ""
    figures = ", ".join(f"{key} {value:.4g}" for key, value in sample.figures.items())
    return f"{name}: {sample.seconds:.1f} s, CPU {100 * sample.cpu:.0f} %{void}{'; ' if figures else ''}{figures}"
