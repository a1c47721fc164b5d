# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: whether the container of a web UI runs with what its files held before -> it has to be started again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any


def is_older(container: Mapping[str, Any] | None, files: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of ``files``, as stat tells of them, was written after the container had started."""
    if not container:
        return False
    # The engine writes nanoseconds and Z.
    started = datetime.fromisoformat(container["State"]["StartedAt"]).timestamp()
    return any(float(one["mtime"]) >= started for one in files if one.get("exists"))
