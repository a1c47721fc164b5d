# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prepare the values of a role's arguments for Ansible, and refuse those that it would convert to another meaning."""

from __future__ import annotations

import json
from ast import literal_eval
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .texts import shown

Option = Mapping[str, Any]

IN_QUOTES = "; put it in quotes, as YAML has read it as something else"


def prepared(option: Option, value: Any, is_element: bool = False) -> Any:
    """Return the value with lists parsed; raise PlanError with what to add to the message."""
    if value is None and option["type"] != "raw":
        raise PlanError("; leave the variable out to get its default")
    kind = option["type"]
    if kind in ("int", "float") and isinstance(value, bool):
        raise PlanError("")
    if kind in ("str", "path"):
        return _text(option, value, is_element)
    if kind == "list":
        return _list(option, value, is_element)
    if kind == "dict":
        return _dictionary(option, value)
    return value


def _text(option: Option, value: Any, is_element: bool) -> Any:
    if isinstance(value, (list, dict)):
        raise PlanError("")
    # YAML reads 3.10 as 3.1, 0644 as 420, and no as false.
    looks_like_number = str(option.get("default", "")).isdecimal()
    misread: list[type] = [bool]
    if not is_element:
        misread.append(float)
    if looks_like_number:
        misread.append(int)
    if isinstance(value, tuple(misread)):
        raise PlanError(IN_QUOTES)
    return value


def _list(option: Option, value: Any, is_element: bool) -> Any:
    if isinstance(value, str):
        value = _parsed_list(value, is_element)
    if not isinstance(value, list) or not option.get("elements"):
        return value
    element = {"type": option["elements"], "options": option.get("options")}
    return [prepared(element, one, is_element=True) for one in value]


def _parsed_list(text: str, is_element: bool) -> list[Any]:
    """Return a list written as JSON or Python, or as words separated by commas; raise PlanError."""
    if is_element:
        raise PlanError("; each element is a list itself")
    if not text:
        return []
    if not text.startswith("["):
        if any(character.isspace() for character in text):
            raise PlanError('; write it as ["first", "second"]')
        return text.split(",")
    for parse in (json.loads, literal_eval):
        try:
            parsed = parse(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(parsed, list):
            return parsed
    raise PlanError('; write it as ["first", "second"]')


def _dictionary(option: Option, value: Any) -> Any:
    suboptions = option.get("options") or {}
    if not isinstance(value, dict):
        return value
    return {name: _suboption(name, suboptions, one) for name, one in value.items()}


def _suboption(name: str, suboptions: Mapping[str, Option], value: Any) -> Any:
    if name not in suboptions:
        return value
    try:
        return prepared(suboptions[name], value)
    except PlanError as error:
        raise PlanError(f"; {name} is {shown(value)}{error.message}") from error
