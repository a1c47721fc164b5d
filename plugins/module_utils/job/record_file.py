# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read and validate the record that a host keeps of a job's last start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError

_NUMBER = (int, float)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "attempt": str,
    "started": _NUMBER,
    "command": list,
    "digest": str,
    "rank": int,
    "world_size": int,
    "samples_per_step": int,
    "memory_kills": int,
    "gpus": list,
}


def read_record(path: Path) -> dict[str, Any]:
    """Return the record, empty where the job was never started here.

    Raise ClusterError where the file is damaged: a job that may run must not be taken for one that was never started.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    return parse_record(text, path)


def parse_record(text: str, path: Path) -> dict[str, Any]:
    """Return the record in the text; raise ClusterError, which names ``path``, where it is no valid record."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"it is no JSON ({error})") from error
    if not isinstance(record, dict):
        raise _damaged(path, "it holds no object")
    wrong = [name for name, kind in _TYPES.items() if record.get(name) is not None and not _is(record[name], kind)]
    if wrong:
        raise _damaged(path, f"{wrong[0]} is {json.dumps(record[wrong[0]])[:60]}")
    return record


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _damaged(path: Path, why: str) -> ClusterError:
    return ClusterError(
        f"The record of a job, {path}, cannot be read: {why}. Whether the job runs or has succeeded is therefore not "
        "known, and nothing is done with it. Look at its log and its processes; then move the file away, after which "
        "the job counts as never started."
    )
