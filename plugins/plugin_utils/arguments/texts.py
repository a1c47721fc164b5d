# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Describe an argument in messages: its value, and what its option expects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MAX_SHOWN = 80
ONE = {
    "str": "a string",
    "path": "a path",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "dict": "a dictionary",
    "list": "a list",
    "raw": "a value",
}
MANY = {
    "str": "strings",
    "path": "paths",
    "int": "whole numbers",
    "float": "numbers",
    "dict": "dictionaries",
    "list": "lists",
}


def shown(value: Any, is_secret: bool = False) -> str:
    """Return the value as JSON of at most 80 characters, or a placeholder for a secret."""
    if is_secret:
        return "a value that is not shown"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def expected(name: str, option: Mapping[str, Any], ranges: Mapping[str, Mapping[str, float]]) -> str:
    """Return what the option accepts, with its choices and its range."""
    text = ONE[option["type"]]
    if option.get("choices"):
        text = f"one of {', '.join(map(str, option['choices']))}"
    if option.get("elements"):
        text = f"a list of {MANY.get(option['elements'], 'values')}"
        if option.get("choices"):
            text += f", each one of {', '.join(map(str, option['choices']))}"
    if name in ranges:
        limits = ranges[name]
        besides = f", or {limits['or']}" if "or" in limits else ""
        text += f" from {limits['from']} to {limits['to']}{besides}"
    return text
