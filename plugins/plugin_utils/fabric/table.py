# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The choices of interfaces and networks as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.names import folded
from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines

COLUMNS = ("what", "host", "value")

Choices = Sequence[Mapping[str, Any]]


def choice_lines(choices: Choices) -> list[str]:
    """Return one line for each choice that has a value already, and each reason once, below those that share it."""
    choices = [one for one in choices if one["value"]]
    table = table_lines([[str(one[column]) for column in COLUMNS] for one in choices])
    following = [*(one["reason"] for one in choices[1:]), None]
    lines = []
    for line, one, after in zip(table, choices, following[: len(choices)], strict=True):
        lines.append(line)
        if one["reason"] != after:
            lines.append(f"    because: {one['reason']}")
    return lines


def are_the_same(choices: Choices, others: Choices) -> bool:
    """Tell whether the same was chosen, for whatever reasons: those have figures that differ with each measurement."""
    return _values(choices) == _values(others)


def in_one_line(choices: Choices) -> str:
    """Return what was chosen, without the reasons and without what is left to be found later."""
    values: dict[str, list[str]] = {}
    for one in choices:
        if one["value"]:
            values.setdefault(one["what"], []).append(str(one["value"]))
    return "; ".join(f"{what} {folded(some, 'values')}" for what, some in values.items())


def _values(choices: Choices) -> list[list[str]]:
    return [[str(one.get(column)) for column in COLUMNS] for one in choices]
