# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of a job as it is kept on the controller, which may be damaged."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# That of a job over a thousand hosts has one MB.
MOST_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class KeptRecord:
    """``problem`` says why what is there is no record; it is empty where it is one, and where nothing is there."""

    record: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def read_record(path: Path) -> KeptRecord:
    """Raises OSError where the file is there and cannot be read at all."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return KeptRecord()
    return record_in(content)


def record_in(content: bytes) -> KeptRecord:
    if len(content) > MOST_BYTES:
        return KeptRecord(problem=f"has more than {MOST_BYTES} bytes")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return KeptRecord(problem="is no JSON" if content.strip() else "is empty")
    if not isinstance(found, dict) or not _names_hosts(found.get("hosts")):
        return KeptRecord(problem="holds no record of a job")
    return KeptRecord(found)


def put_aside(path: Path) -> None:
    """Rename a damaged record to C(NAME.corrupt). One that was put aside before is kept as well."""
    aside = path.with_name(f"{path.name}.corrupt")
    if aside.exists():
        aside.replace(f"{aside}.{time.strftime('%Y-%m-%d@%H:%M:%S~')}")
    path.chmod(0o600)
    path.replace(aside)


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write it whole or not at all, readable by its owner alone, and make its directory where that is missing."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(json.dumps(record, indent=4, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)


def _names_hosts(hosts: Any) -> bool:
    return (
        isinstance(hosts, list)
        and bool(hosts)
        and all(isinstance(one, dict) and isinstance(one.get("host"), str) for one in hosts)
    )
