# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies of a file or of a directory's files in a bundle: what differs is copied, and what is more is removed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from ..base.plan import Plan, Step
from .download import UNFINISHED, sha256_of


@dataclass(frozen=True)
class Copies:
    """Files by the paths of their copies: those to copy, each with its source, and those to remove."""

    to_copy: Mapping[str, str]
    to_remove: tuple[str, ...]


def observe_copies(params: Mapping[str, Any]) -> Copies:
    """Compare by size and SHA-256. Raise ClusterError where the source cannot be read."""
    source, target = Path(params["src"]).expanduser(), Path(params["dest"])
    wanted = {target / one.relative_to(source): one for one in _files(source)}
    there = _files(target) if target.exists() else []
    to_copy = {str(path): str(one) for path, one in wanted.items() if not _is_copy(path, one)}
    return Copies(to_copy, tuple(str(path) for path in there if path not in wanted))


def plan_copies(copies: Copies, params: Mapping[str, Any]) -> Plan:
    """One step for all files."""
    if not copies.to_copy and not copies.to_remove:
        return Plan()
    changes = {"copied": sorted(copies.to_copy), "removed": sorted(copies.to_remove)}
    return Plan((Step("copy", {"to_copy": dict(copies.to_copy), "to_remove": list(copies.to_remove)}),), {}, changes)


def apply_copies(step: Step) -> None:
    """A copy gets its name only once it is whole. Raise ClusterError where it cannot be written."""
    try:
        for path in step.arguments["to_remove"]:
            Path(path).unlink()
        for path, source in step.arguments["to_copy"].items():
            unfinished = Path(path + UNFINISHED)
            unfinished.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            shutil.copyfile(source, unfinished)
            unfinished.chmod(0o644)
            unfinished.replace(path)
    except OSError as error:
        raise ClusterError(f"{error.filename or step.arguments} cannot be copied: {error.strerror}.") from error


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ClusterError(f"{path} is to be copied into the bundle, and the controller has no such file or directory.")
    return sorted(one for one in path.rglob("*") if one.is_file())


def _is_copy(path: Path, source: Path) -> bool:
    if not path.is_file() or path.stat().st_size != source.stat().st_size:
        return False
    return sha256_of(path) == sha256_of(source)
