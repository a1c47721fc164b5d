# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of a rank, and of all ranks of a host, as files that are never seen half written."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def write_outcome(settings: argparse.Namespace, outcome: dict[str, Any]) -> None:
    """Of the rank with its tuning; without a rank, of the host with all tunings."""
    path = _path(settings, settings.tuning, settings.rank)
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(json.dumps(outcome) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_outcome(settings: argparse.Namespace, tuning: str, rank: int) -> dict[str, Any] | None:
    try:
        return json.loads(_path(settings, tuning, rank).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _path(settings: argparse.Namespace, tuning: str | None, rank: int | None) -> Path:
    directory: Path = settings.directory
    return directory / (f"{settings.network}.json" if rank is None else f"{settings.network}-{tuning}-{rank}.json")
