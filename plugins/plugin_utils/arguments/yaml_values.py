# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find values that YAML has read as something else than the text that was meant.

Without quotes C(off) is a boolean, C(0644) the number 420 and C(3.10) the number 3.1. The original text is lost, so
that such a value is refused with what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# A value of one line may contain no control character but a tab, and no line separator of any kind.
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_IN_NO_ENVIRONMENT = re.compile("[\x00\ud800-\udfff]")


def kind_of(value: Any) -> str:
    """Return the type of the value in words, without the value, which may be secret."""
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Mapping):
        return "a dictionary"
    return {type(None): "nothing", bool: "a boolean", int: "a number", float: "a number"}.get(type(value), "a list")


def environment_problems(variable: str, environment: Any) -> Iterator[str]:
    """Yield a sentence for each name and each value that cannot be in an environment."""
    if not isinstance(environment, Mapping):
        yield f"{variable} is {kind_of(environment)}, but has to be a dictionary of names and values."
        return
    for name, value in environment.items():
        if not isinstance(name, str) or not VARIABLE.fullmatch(name):
            yield f"{variable} holds {name!r}, which is no name of an environment variable."
        yield from text_problems(f"{variable} gives {name}", value)
        if isinstance(value, str) and _IN_NO_ENVIRONMENT.search(value):
            yield f"{variable} gives {name} a value with a NUL or with half of a character, as no process can have it."


def text_problems(giving: str, value: Any) -> Iterator[str]:
    """Yield why the value is not the text that was meant; ``giving`` begins the sentence."""
    if isinstance(value, bool):
        yield (
            f"{giving} the value {str(value).lower()} without quotes, of which YAML makes a boolean, as of yes, no, on "
            'and off. Write what is meant in quotes, such as "1" or "true".'
        )
    elif value is None:
        yield f'{giving} no value. Write "" for an empty one, or leave it out.'
    elif not isinstance(value, (str, int, float)):
        yield f"{giving} {kind_of(value)}, but it has to be a text."
