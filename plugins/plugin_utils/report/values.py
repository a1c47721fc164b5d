# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Convert values of artifacts, which may be damaged or of another version."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import seconds_of

# Larger than any measured value, and small enough to calculate with.
LARGEST = 1e18


def text(value: Any) -> str:
    """Return a string or a number as text, empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def number(value: Any) -> float | None:
    """Return a finite number, or None for anything else, booleans among them."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and abs(found) <= LARGEST else None


def seconds(value: Any) -> float | None:
    """Return the seconds of a duration that is a number, or a text as trainers write it; None of anything else."""
    found = seconds_of(value)
    return number(value) if found is None else found


def record(value: Any) -> dict[str, Any]:
    """Return a mapping with string keys, empty for anything else."""
    return {str(key): one for key, one in value.items()} if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """Return a list, empty for anything else."""
    return list(value) if isinstance(value, list | tuple) else []


def records(value: Any) -> list[dict[str, Any]]:
    """Return the mappings in a list."""
    return [record(one) for one in items(value) if isinstance(one, Mapping)]


def texts(value: Any) -> list[str]:
    """Return the items of a list as texts."""
    return [text(one) for one in items(value)]
