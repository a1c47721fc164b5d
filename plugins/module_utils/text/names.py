# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the names of hosts in few words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# More names than these, and no range of numbers: how many they are says more.
_MOST_NAMES = 4
_NUMBERED = re.compile(r"(.*?)(\d+)")


def folded(of: Sequence[str], what: str = "hosts") -> str:
    """Return C(gpu-01…16) for names with successive numbers at their ends, else a few names, or how many they are."""
    names = list(dict.fromkeys(of))
    parts = [run_words(run) for run in _runs(sorted(names))]
    return ", ".join(parts) if len(parts) <= _MOST_NAMES else f"{len(names)} {what}"


def _runs(names: Sequence[str]) -> Iterator[list[str]]:
    """Yield names in groups whose numbers at the end follow each other."""
    run: list[str] = []
    for name in names:
        if run and not follows(run[-1], name):
            yield run
            run = []
        run.append(name)
    if run:
        yield run


def follows(before: str, name: str) -> bool:
    """Return whether the number at the end of the name is the next one, and the rest is the same."""
    first, second = _NUMBERED.fullmatch(before), _NUMBERED.fullmatch(name)
    if not first or not second:
        return False
    return second[1] == first[1] and second[2] == str(int(first[2]) + 1).zfill(len(first[2]))


def run_words(run: Sequence[str]) -> str:
    """Return C(gpu-01…16) for names of which each follows the one before."""
    last = _NUMBERED.fullmatch(run[-1])
    return f"{run[0]}…{last[2]}" if last and len(run) > 1 else ", ".join(run)
