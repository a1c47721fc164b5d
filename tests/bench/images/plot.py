# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the plot, time against hosts, one line for each way; drawn as SVG by hand, so that it needs nothing."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from tests.bench.images.options import RIVALS, Options
from tests.bench.images.rows import MAIN
from tests.bench.images.samples import Sample, by_round, select

Points = Mapping[str, Mapping[int, float]]

WAYS = {
    "ours": ("image_transfer", "#0b6e4f"),
    "recipe": ("save, rsync to each, load", "#b23a48"),
    "zstd": ("save | zstd | ssh | load", "#e08e45"),
    "registry": ("registry: push, pull", "#3d5a98"),
}
_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 30, 50, 60


def points(samples: Sequence[Sample], options: Options) -> dict[str, dict[int, float]]:
    """The median time of each way with each number of hosts, in seconds."""
    found = {
        way: {
            count: by_round(lambda one: one.seconds, select(samples, way, MAIN, count)).median
            for count in options.counts
        }
        for way in ("ours", *RIVALS)
    }
    return {way: {count: one for count, one in line.items() if one is not None} for way, line in found.items()}


def step(highest: float) -> float:
    """Between two lines of the grid: 1, 2 or 5 times a power of ten, so that there are at most six."""
    size = 1.0
    while True:
        for factor in (1, 2, 5):
            if highest <= 6 * size * factor:
                return size * factor
        size *= 10


def draw(lines: Points, title: str) -> str:
    highest = max((value for line in lines.values() for value in line.values()), default=1.0)
    most = max((count for line in lines.values() for count in line), default=1)
    unit = step(highest)
    top = unit * -(-highest // unit)

    def x(count: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * count / most, 1)

    def y(seconds: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * seconds / top, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_WIDTH / 2, 24, title, "middle", 15),
        _text(_WIDTH / 2, _HEIGHT - 14, "hosts", "middle"),
        _text(14, _TOP - 12, "seconds"),
    ]
    for number in range(round(top / unit) + 1):
        height = y(number * unit)
        parts.append(f'<path d="M{_LEFT} {height}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 8, height + 4, f"{number * unit:g}", "end"))
    for count in sorted({count for line in lines.values() for count in line}):
        parts.append(_text(x(count), _HEIGHT - _BOTTOM + 20, str(count), "middle"))
    for place, (way, line) in enumerate((way, line) for way, line in lines.items() if line):
        words, colour = WAYS[way]
        path = " ".join(f"{x(count)},{y(line[count])}" for count in sorted(line))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x(count)}" cy="{y(line[count])}" r="4" fill="{colour}"/>' for count in line]
        parts.append(f'<rect x="{_LEFT + 14}" y="{_TOP + 6 + 20 * place}" width="18" height="4" fill="{colour}"/>')
        parts.append(_text(_LEFT + 40, _TOP + 12 + 20 * place, words))
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 13) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}">{html.escape(words)}</text>'
