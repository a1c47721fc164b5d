# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a long output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def last_lines(text: str | None, count: int = 20) -> str:
    """The last ``count`` lines that hold anything."""
    lines = [line.rstrip() for line in (text or "").splitlines() if line.strip()]
    return "\n".join(lines[-count:])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"last_lines": last_lines}
