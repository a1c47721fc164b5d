# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of the engine."""

from __future__ import annotations

import re


def engine_major(version: str | None) -> int:
    """The major number of an engine's or its package's version; 0 where there is none."""
    match = re.match(r"(?:\d+:)?(\d+)", version or "")
    return int(match.group(1)) if match else 0
