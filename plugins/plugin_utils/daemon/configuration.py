# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's configuration file: what is wanted goes in, what the host has of its own stays."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def merged_text(existing: str, options: Mapping[str, Any]) -> str:
    """The file's new text; the existing text, byte for byte, where it says all of ``options`` already.

    Raises ValueError where the existing text is not a JSON object.
    """
    try:
        configuration = json.loads(existing) if existing.strip() else {}
    except json.JSONDecodeError as error:
        raise ValueError(f"daemon.json is not valid JSON ({error}); repair it on the host first") from error
    if not isinstance(configuration, dict):
        raise ValueError("daemon.json does not hold a JSON object; repair it on the host first")
    wanted = _merged(configuration, options)
    return existing if wanted == configuration else json.dumps(wanted, indent=2) + "\n"


def _merged(existing: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(existing)
    for key, value in options.items():
        nested = result.get(key)
        if isinstance(value, Mapping) and isinstance(nested, Mapping):
            result[key] = _merged(nested, value)
        else:
            result[key] = value
    return result


def engine_major(version: str | None) -> int:
    """The major number of an engine's or its package's version; 0 where there is none."""
    match = re.match(r"(?:\d+:)?(\d+)", version or "")
    return int(match.group(1)) if match else 0
