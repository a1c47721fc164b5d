# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a long output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.printable import drawn_lines


def last_lines(text: str | None, count: int = 20) -> str:
    """The last ``count`` lines that hold anything, as they may be shown on a terminal."""
    return "\n".join([drawn[-1] for drawn in drawn_lines(text or "")][-count:])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"last_lines": last_lines}
