# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: values that become text -> why they cannot.

YAML makes something else of many texts without quotes: a boolean of C(off), the number 420 of C(0644), 3.1 of C(3.10).
What was written cannot be seen any more, so that such a value is refused with what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# Nothing but a tab has a place in a value of one line. Python's own idea of a line has more ends than others'.
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_IN_NO_ENVIRONMENT = re.compile("[\x00\ud800-\udfff]")


def kind_of(value: Any) -> str:
    """What a user would call it, without showing what may be secret."""
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Mapping):
        return "a dictionary"
    return {type(None): "nothing", bool: "a boolean", int: "a number", float: "a number"}.get(type(value), "a list")


def environment_problems(variable: str, environment: Any) -> Iterator[str]:
    """A sentence for each name and each value that no process can be given."""
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
    """Why the value is none that becomes the text that was meant; ``giving`` begins the sentence."""
    if isinstance(value, bool):
        yield (
            f"{giving} the value {str(value).lower()} without quotes, of which YAML makes a boolean, as of yes, no, on "
            'and off. Write what is meant in quotes, such as "1" or "true".'
        )
    elif value is None:
        yield f'{giving} no value. Write "" for an empty one, or leave it out.'
    elif not isinstance(value, (str, int, float)):
        yield f"{giving} {kind_of(value)}, but it has to be a text."
