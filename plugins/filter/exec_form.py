# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An argv as a Dockerfile wants it, so that no shell ever reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def exec_form(argv: Sequence[Any]) -> str:
    """C(["git", "clone"]) for the two words. Each becomes a string: other JSON would fall back to a shell."""
    if isinstance(argv, (str, bytes)) or not argv:
        raise AnsibleFilterError(f"exec_form: a command should be a list of words, but is: {argv!r}")
    return json.dumps([str(word) for word in argv])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"exec_form": exec_form}
