# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checkpoints of a job as they lie in its output directory; nothing is decided here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.checkpoint_plan import (
    METADATA,
    Checkpoint,
    shards_of_index,
    shards_of_metadata,
)

_NAME = re.compile(r"checkpoint-(\d+)")


def read_checkpoints(output_directory: str) -> list[Checkpoint]:
    try:
        paths = list(Path(output_directory).iterdir())
    except OSError:
        return []
    found = ((path, _NAME.fullmatch(path.name)) for path in paths)
    return [_read(path, int(named[1])) for path, named in found if named and path.is_dir()]


def _read(path: Path, step: int) -> Checkpoint:
    files = {str(file.relative_to(path)): file.stat().st_size for file in path.rglob("*") if file.is_file()}
    state_step = _json(path / "trainer_state.json").get("global_step")
    indexes = [path / name for name in files if name.endswith(".index.json") and "/" not in name]
    of_weights = [shards_of_index(_json(index)) for index in indexes]
    metadata = [name for name in files if name.rpartition("/")[2] == METADATA]
    of_parts = [shards_of_metadata(name, (path / name).read_text(errors="replace")) for name in metadata]
    return Checkpoint(path.name, step, files, state_step, frozenset().union(*of_weights, *of_parts))


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
