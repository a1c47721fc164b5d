# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate and convert the arguments of a role by its argument spec and its ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .texts import expected, shown
from .values import prepared

Option = Mapping[str, Any]
Ranges = Mapping[str, Mapping[str, float]]

NUMBERS = ("int", "float")


def options_of(specs: Mapping[str, Any], entry_point: str) -> dict[str, Option]:
    """Return the options of the entry point main, which all share, and of this one; raise PlanError."""
    if entry_point not in specs and entry_point != "main":
        raise PlanError(f"meta/argument_specs.yml has no entry point {entry_point}.")
    return {**specs["main"]["options"], **(specs.get(entry_point) or {}).get("options", {})}


def number_names(options: Mapping[str, Option], prefix: str = "") -> Iterator[str]:
    """Yield the names of all options that are or contain numbers, with suboptions as C(option.suboption)."""
    for name, option in options.items():
        if option["type"] in NUMBERS or option.get("elements") in NUMBERS:
            yield prefix + name
        yield from number_names(option.get("options") or {}, f"{prefix}{name}.")


def convert(
    options: Mapping[str, Option], ranges: Ranges, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the converted values, and a message for each value that is not allowed, both by option."""
    converted: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, option in options.items():
        if name not in values:
            if option.get("required"):
                problems[name] = f"{name}: found no value, expected {expected(name, option, ranges)}."
            continue
        try:
            converted[name] = _convert_one(name, option, ranges, values[name])
        except PlanError as error:
            problems[name] = error.message
    return converted, problems


def without_prefix(role: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by their names without the prefix of the role."""
    return {name.removeprefix(f"{role}_"): value for name, value in arguments.items()}


def _convert_one(name: str, option: Option, ranges: Ranges, value: Any) -> Any:
    is_secret = bool(option.get("no_log"))
    found = f"{name}: found {shown(value, is_secret)}, expected {expected(name, option, ranges)}"
    try:
        ready = prepared(option, value)
    except PlanError as error:
        raise PlanError(f"{found}{'' if is_secret else error.message}.") from error
    try:
        result = ArgumentSpecValidator({name: _as_validated(option)}).validate({name: ready})
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        # The validator fails on infinite numbers, and on suboptions of a value that is no dictionary.
        raise PlanError(f"{found}.") from error
    if result.error_messages:
        details = "" if is_secret or not _is_nested(option) else f" ({'; '.join(result.error_messages)})"
        raise PlanError(f"{found}{details}.")
    converted = _without_nulls(option, result.validated_parameters[name])
    outside = next(_outside(name, option, ranges, converted), None)
    if outside is not None:
        raise PlanError(f"{found}{outside}.")
    return converted


def _is_nested(option: Option) -> bool:
    return bool(option.get("options")) or option["type"] in ("list", "dict")


def _as_validated(option: Option) -> dict[str, Any]:
    """Return the spec without defaults, which are the role's variables, and with paths as plain strings."""
    spec = {key: value for key, value in option.items() if key not in ("default", "description")}
    spec["type"] = "str" if option["type"] == "path" else option["type"]
    if option.get("elements") == "path":
        spec["elements"] = "str"
    if option.get("options"):
        defaults = {name: one["default"] for name, one in option["options"].items() if "default" in one}
        spec["options"] = {name: _as_validated(one) for name, one in option["options"].items()}
        for name, default in defaults.items():
            spec["options"][name]["default"] = default
    return spec


def _without_nulls(option: Option, value: Any) -> Any:
    """Return the value without suboptions that were not given, which the validator sets to None."""
    suboptions = option.get("options")
    if not suboptions or value is None:
        return value
    if isinstance(value, list):
        return [_without_nulls(option, one) for one in value]
    return {name: _without_nulls(suboptions[name], one) for name, one in value.items() if one is not None}


def _outside(name: str, option: Option, ranges: Ranges, value: Any) -> Iterator[str]:
    """Yield the detail of each number outside its range: which one it is, or nothing for the value itself."""
    for number, element in enumerate(value if isinstance(value, list) else [value], 1):
        if name in ranges and not _allows(ranges[name], element):
            yield f"; element {number} is {element}" if isinstance(value, list) else ""
        for key, suboption in (option.get("options") or {}).items():
            inner = f"{name}.{key}"
            if inner in ranges and key in element and not _allows(ranges[inner], element[key]):
                yield f"; {key} of element {number} is {element[key]}, not {expected(inner, suboption, ranges)}"


def _allows(limits: Mapping[str, float], number: float) -> bool:
    """Whether the number is within the limits; NaN never is."""
    return limits["from"] <= number <= limits["to"] or number == limits.get("or")
