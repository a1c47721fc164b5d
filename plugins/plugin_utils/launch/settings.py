# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of a job as the YAML file that its trainer reads.

Trainers read it by PyYAML, and so by YAML 1.1: a number such as 5e-5, without a dot or without the sign of its
exponent, is text to it. As it is text to Ansible as well, it would be handed on as text, and the trainer would fail
once it multiplies by it. A text that is a number in exponent notation is therefore written as that number. Whether it
stood in quotes cannot be seen any more.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

_EXPONENT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+")
# A commit may look like 1234e56, and git never shortens one to less than seven letters. A sign or a dot is in none.
_COMMIT = re.compile(r"[0-9eE]{7,}")
_VARIABLE = "trainer_launch_job_config"


# What PyYAML takes for the end of a line, or drops: only in double quotes does it write them so that it reads them.
_ESCAPED = re.compile("[\x85\u2028\u2029\ufeff]")
# Text to PyYAML, a number to a parser of YAML 1.2.
_LATER_NUMBER = re.compile(rf"{_EXPONENT.pattern}|0o[0-7]+")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        quoted = _ESCAPED.search(text) or _LATER_NUMBER.fullmatch(text)
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if quoted else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def with_numbers(value: Any) -> Any:
    """The same in plain types, each text in exponent notation as its number. Raises PlanError where YAML cannot."""
    if isinstance(value, Mapping):
        return {_plain(key): with_numbers(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [with_numbers(one) for one in value]
    plain = _plain(value)
    return _number(plain) if isinstance(plain, str) else plain


def settings_text(settings: Mapping[str, Any]) -> str:
    """The text of the file, from which PyYAML reads exactly C(with_numbers(settings)); PlanError where YAML cannot."""
    try:
        wanted = with_numbers(settings)
        text = yaml.dump(wanted, Dumper=_Dumper, indent=4, allow_unicode=True, default_flow_style=False)
        found = yaml.safe_load(text)
        held = _same(found, wanted)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PlanError(f"{_VARIABLE} cannot be written as YAML: {str(error) or type(error).__name__}") from None
    if not held:
        raise PlanError(f"{_VARIABLE} cannot be written as YAML: it would be read as {found!r}, not as {wanted!r}.")
    return text


def _number(text: str) -> Any:
    if not _EXPONENT.fullmatch(text) or _COMMIT.fullmatch(text):
        return text
    number = float(text)
    return number if math.isfinite(number) else text


def _plain(value: Any) -> Any:
    """Without what Ansible knows beside the value, such as where it was written."""
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return str.__str__(value) if kind is str else kind(value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return _plain_date(value)
    raise PlanError(f"{_VARIABLE} holds {value!r} of type {type(value).__name__}, which a YAML file cannot hold.")


def _plain_date(value: datetime.date) -> datetime.date:
    if not isinstance(value, datetime.datetime):
        return datetime.date(value.year, value.month, value.day)
    return datetime.datetime.fromisoformat(value.isoformat())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and bool(one == other)
