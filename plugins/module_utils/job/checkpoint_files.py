# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the checkpoints in the output directory of a job."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator

from ..files.birth import birth_time
from ..files.safe_open import Listed, open_beneath
from .checkpoints import METADATA, STATE, Checkpoint, shards_of_index, shards_of_metadata
from .container_files import ContainerFiles
from .whole_file import is_cut

_NAME = re.compile(r"checkpoint-(\d{1,18})")
# Files and directories of one checkpoint; further ones count as missing.
_MOST_ENTRIES = 100_000


def read_checkpoints(output: ContainerFiles) -> list[Checkpoint]:
    """Return every directory checkpoint-STEP with its regular files; links and other kinds count as missing."""
    found = ((one, _NAME.fullmatch(one.name)) for one in output.entries() if one.is_directory)
    return [_read(output.below(one.name), one.name, int(named[1])) for one, named in found if named]


def read_newest(output: ContainerFiles, most: int, also: Collection[str] = ()) -> list[Checkpoint]:
    """Return the checkpoints whose directories were changed last, the newest first, and those of the names ``also``."""
    ordered = newest_names(output)
    names = [name for at, name in enumerate(ordered) if at < most or name in also]
    found = ((name, _NAME.fullmatch(name)) for name in names)
    return [_read(output.below(name), name, int(named[1])) for name, named in found if named]


def newest_names(output: ContainerFiles) -> list[str]:
    """Return the names of the directories checkpoint-STEP, the one that was changed last first.

    What is written over files of an earlier run changes them, and not the directory.
    """
    found = [one for one in output.entries() if one.is_directory and _NAME.fullmatch(one.name)]
    changed = {one.name: max(one.mtime_ns, *_times(output.below(one.name)), 0) for one in found}
    return sorted(changed, key=lambda name: changed[name], reverse=True)


def _times(directory: ContainerFiles) -> list[int]:
    return [one.mtime_ns for one in directory.entries()]


def _read(directory: ContainerFiles, name: str, step: int) -> Checkpoint:
    found = dict(_files(directory))
    files = {path: one.size for path, one in found.items()}
    state_step = directory.json(STATE).get("global_step")
    indexes = [path for path in files if path.endswith(".index.json") and "/" not in path]
    of_weights = [shards_of_index(directory.json(index)) for index in indexes]
    metadata = [path for path in files if path.rpartition("/")[2] == METADATA]
    of_parts = [shards_of_metadata(path, directory.text(path)) for path in metadata]
    shards: frozenset[str] = frozenset().union(*of_weights, *of_parts)
    made, written = _created(directory), directory.modified(STATE)
    seconds = written - made if made is not None and written is not None and written >= made else None
    cut = frozenset(path for path, size in files.items() if is_cut(directory, path, size))
    changed = max((one.mtime_ns for one in found.values()), default=0) / 1e9
    state = state_step if isinstance(state_step, int) else None
    return Checkpoint(name, step, files, state, shards, seconds, cut, changed)


def _created(directory: ContainerFiles) -> float | None:
    """Return when the directory was made, in seconds since the epoch, or None where that is not known."""
    try:
        descriptor = open_beneath(directory.root, directory.relative, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        return birth_time(descriptor)
    finally:
        os.close(descriptor)


def _files(checkpoint: ContainerFiles) -> Iterator[tuple[str, Listed]]:
    """Yield each regular file's path below the checkpoint, and what was listed of it."""
    to_read = [""]
    seen = 0
    while to_read and seen < _MOST_ENTRIES:
        path = to_read.pop()
        for one in (checkpoint.below(path) if path else checkpoint).entries():
            seen += 1
            below = f"{path}/{one.name}" if path else one.name
            if one.is_regular:
                yield below, one
            elif one.is_directory:
                to_read.append(below)
