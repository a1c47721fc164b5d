# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of a job's end, measured by the corpus; the published figures are the measured ones."""

from __future__ import annotations

import re
from functools import cache

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.tails import (
    NONE,
    RIGHT,
    WRONG,
    Tail,
    figures,
    finding_of,
    judge,
    tails,
)

PAGE = ROOT / "docs" / "docsite" / "rst" / "causes.rst"
FIGURES = re.compile(r"\n\.\. figures:.*?:header:[^\n]*\n\n(.*?)\n\n\.\. end of figures", re.DOTALL)
LEAST_ENTRIES = 95
LEAST_RIGHT = 0.85


@cache
def corpus() -> list[Tail]:
    return tails()


@pytest.mark.parametrize("tail", corpus(), ids=lambda tail: f"{tail.family}: {tail.name}")
def test_no_cause_is_wrong(tail: Tail) -> None:
    found = finding_of(tail)
    assert judge(tail, found) != WRONG, found


def test_most_are_right() -> None:
    found = figures(corpus())
    assert len(corpus()) >= LEAST_ENTRIES
    assert found[WRONG] == 0
    assert found[RIGHT] / len(corpus()) >= LEAST_RIGHT


def test_the_published_figures_are_the_measured_ones() -> None:
    published = FIGURES.search(PAGE.read_text(encoding="utf-8"))
    parts = {"all": corpus(), "of them held out": [tail for tail in corpus() if tail.is_held_out]}
    rows = [
        f"{name}, {len(of)}, {found[RIGHT]}, {found[NONE]}, {found[WRONG]}"
        for name, of in parts.items()
        for found in [figures(of)]
    ]
    assert published
    assert [row.strip() for row in published[1].splitlines()] == rows


def test_names_are_distinguished() -> None:
    names = [(tail.family, tail.name) for tail in corpus()]
    assert len(set(names)) == len(names)
