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
        if self._measures("uncapped", "streams"):
            self._rounds(self._uncapped)
        self._lab.cap(self._options.rate)
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

    def _measures(self, *parts: str) -> bool:
        return any(part in self._options.parts for part in parts)

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
        parts = {
            "ours": self._shapes,
            "rivals": self._rivals,
            "killed": self._killed,
            "changed": self._changed,
            "cut": self._cuts,
            "streams": self._streams,
            "plot": self._plot,
        }
        for part, measurements in parts.items():
            if self._measures(part):
                yield from measurements(number)

    def _shapes(self, number: int) -> Iterator[Measurement]:
        hosts = self._lab.receivers
        for shape in SHAPES:
            yield from self._ours(shape, hosts[:1], number)
            yield from self._ours(shape, hosts, number)

    def _rivals(self, number: int) -> Iterator[Measurement]:
        for way in RIVALS:
            yield self._rival(way, self._lab.receivers, number)

    def _killed(self, number: int) -> Iterator[Measurement]:
        yield "one killed", lambda: self._measure.killed(MAIN, self._lab.receivers, number)

    def _changed(self, number: int) -> Iterator[Measurement]:
        yield "changed top layer", lambda: self._measure.changed(self._lab.receivers, number)

    def _cuts(self, number: int) -> Iterator[Measurement]:
        for shape in (MAIN, MANY):
            yield f"cut, {shape}", lambda shape=shape: self._measure.cut(shape, number)  # type: ignore[misc]

    def _plot(self, number: int) -> Iterator[Measurement]:
        hosts = self._lab.receivers
        for count in self._options.counts[1:-1]:
            yield from self._ours(MAIN, hosts[:count], number)
        if number <= self._options.plot_rounds:
            for count in self._options.counts[:-1]:
                for way in RIVALS:
                    yield self._rival(way, hosts[:count], number)

    def _uncapped(self, number: int) -> Iterator[Measurement]:
        measure, hosts = self._measure, self._lab.receivers[:1]
        if self._measures("uncapped"):
            yield "ours, no cap", lambda: measure.ours("large", hosts, number, ", no cap")
            for way in RIVALS:
                yield f"{way}, no cap", lambda way=way: measure.rival(way, "large", hosts, number, ", no cap")  # type: ignore[misc]
        if self._measures("streams"):
            yield from self._streams(number, ", no cap")

    def _streams(self, number: int, suffix: str = "") -> Iterator[Measurement]:
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
