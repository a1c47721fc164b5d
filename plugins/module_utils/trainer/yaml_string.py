# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A text as a YAML scalar on one line, the same for parsers of YAML 1.1 and 1.2."""

from __future__ import annotations

import json
import re

from ..base.errors import PlanError

# Everything that YAML does not call printable, and what a parser takes for the end of a line or drops.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def yaml_string(text: str) -> str:
    """The text in double quotes. Raises PlanError where it is not Unicode, which YAML cannot hold.

    Beyond the basic plane C(json.dumps) writes a pair of surrogates, which JSON joins and YAML does not: what can be
    printed is therefore left as it is.
    """
    if _SURROGATE.search(text):
        raise PlanError(f"The text {text!r} is not Unicode: it holds a surrogate. Write it in UTF-8.")
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def compose_string(value: object) -> str:
    """A value of a compose file as a YAML scalar; C($) is doubled, as compose would take it for a variable.

    Raises PlanError where the text is not Unicode, or holds a NUL, which neither a path nor an environment can hold.
    """
    text = str(value)
    if "\0" in text:
        raise PlanError(f"The text {text!r} holds a NUL, which a container cannot be given.")
    return yaml_string(text.replace("$", "$$"))
