# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image name as the name of a directory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


def path_slug(name: str) -> str:
    """C(distrain_llama-factory_e3d8fc7) for C(distrain/llama-factory:e3d8fc7)."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"path_slug": path_slug}
