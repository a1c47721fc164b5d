# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How lab hosts are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def host_name(number: int) -> str:
    """C(gpu-01) for 1; names sort in the order of their numbers up to 99."""
    return f"gpu-{number:02d}"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_name": host_name}
