# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A text as the value of ENV or LABEL in a Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def dockerfile_value(value: Any) -> str:
    """In double quotes; nothing in it is expanded."""
    text = str(value)
    if "\n" in text or "\r" in text:
        raise AnsibleFilterError(f"dockerfile_value: a value has to be one line, but is: {text!r}")
    return '"' + re.sub(r'([\\"$])', r"\\\1", text) + '"'


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dockerfile_value": dockerfile_value}
