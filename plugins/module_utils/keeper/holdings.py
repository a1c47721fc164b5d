# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this host holds of a job's checkpoints: in the output directory, which its container writes, and as copies.

The copies of another host's parts are root's, in C(copies/JOB/NUMBER) of the trainer's directory, where NUMBER is the
node rank of that host. No container sees them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..files.safe_open import open_beneath
from ..job.checkpoint_files import newest_names, read_newest
from ..job.checkpoints import STATE, Checkpoint, saving_of
from ..job.container_files import ContainerFiles
from ..job.description import output_of

COPIES = "copies"
_CHECKPOINT = re.compile(r"checkpoint-\d{1,18}")
_NUMBER = re.compile(r"\d{1,6}")
# A host without shared storage keeps the parts of checkpoints that the trainer has removed on the first one.
_MOST_CHECKPOINTS = 8
# Of one answer: a checkpoint with more names than that is cut off, and so not whole.
_MOST_NAME_BYTES = 6 * 1024**2


def copies_directory(job: Mapping[str, Any]) -> Path:
    """Return where this host keeps copies of other hosts' parts."""
    return Path(job["directory"]) / COPIES / str(job["name"])


def directory_of(job: Mapping[str, Any], path: str) -> tuple[str, str] | None:
    """Return the directory that a keeper names C(checkpoint-STEP) or C(copies/NUMBER/checkpoint-STEP).

    The second one is the directory below which a container can write, empty where it can nowhere. None for another
    name.
    """
    *above, name = path.split("/")
    if not _CHECKPOINT.fullmatch(name):
        return None
    if not above:
        output = job.get("output_directory")
        return (str(Path(output) / name), job.get("output_root") or "") if output else None
    if len(above) == 2 and above[0] == COPIES and _NUMBER.fullmatch(above[1]):
        return str(copies_directory(job) / above[1] / name), ""
    return None


def list_holdings(job: Mapping[str, Any], names: Collection[str] = ()) -> dict[str, Any]:
    """Return C(output) and C(copies), as C(parts.holding.held_by) reads them, and C(saving): how long saving takes.

    Of the output these are the newest checkpoints, those of these ``names``, and those of which there are copies here.
    """
    output, room = output_of(job, {}), _Room()
    copies = {number: ContainerFiles(str(copies_directory(job)), number) for number in _numbers(job)}
    copied = {name for directory in copies.values() for name in newest_names(directory)[:_MOST_CHECKPOINTS]}
    found = read_newest(output, _MOST_CHECKPOINTS, {*names, *copied}) if output else []
    return {
        "output": [_described(output, one, room) for one in found] if output else [],
        "copies": {
            number: [_described(directory, one, room) for one in read_newest(directory, _MOST_CHECKPOINTS)]
            for number, directory in copies.items()
        },
        "saving": saving_of(found),
    }


def newest_saved(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the C(name) of the checkpoint whose state was written last, and when; empty where there is none."""
    output = output_of(job, {})
    names = newest_names(output)[:_MOST_CHECKPOINTS] if output else []
    saved = [(at, name) for name in names if output and (at := output.below(name).modified(STATE)) is not None]
    at, name = max(saved, default=(0.0, ""))
    return {"name": name, "written": at}


def drop_copies(job: Mapping[str, Any], number: int | None, keep: Collection[str]) -> None:
    """Remove the copies of the node with this number, None for every one, but for the checkpoints named in ``keep``."""
    for one in _numbers(job):
        directory = copies_directory(job) / one
        if number is None or one == str(number):
            for path in directory.iterdir():
                if path.name not in keep:
                    shutil.rmtree(path, ignore_errors=True)
            if not keep:
                shutil.rmtree(directory, ignore_errors=True)


def _numbers(job: Mapping[str, Any]) -> list[str]:
    try:
        names = [path.name for path in copies_directory(job).iterdir()]
    except OSError:
        return []
    return sorted(name for name in names if _NUMBER.fullmatch(name))


class _Room:
    """How many bytes of names the answer still has room for."""

    def __init__(self) -> None:
        self.left = _MOST_NAME_BYTES


def _described(directory: ContainerFiles, found: Checkpoint, room: _Room) -> dict[str, Any]:
    own, files = directory.below(found.name), {}
    for path, size in found.files.items():
        room.left -= len(os.fsencode(path)) + 32
        if room.left < 0:
            break
        files[path] = size
    return {
        "name": found.name,
        "step": found.step,
        "state_step": found.state_step if len(files) == len(found.files) else None,
        "files": files,
        "shards": sorted(found.shards) if len(files) == len(found.files) else [],
        "cut": sorted(found.cut),
        "changed": found.changed,
        "written": own.modified(STATE),
        "identity": _identity(own),
    }


def _identity(checkpoint: ContainerFiles) -> str:
    """Return what tells this directory from those of other file systems; empty without a state.

    On shared storage the numbers of its inodes are the same on all hosts, and when its state was last changed, which
    nobody can set, is so too.
    """
    state = checkpoint.status(STATE)
    if state is None:
        return ""
    try:
        descriptor = open_beneath(checkpoint.root, checkpoint.relative, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return ""
    try:
        return f"{os.fstat(descriptor).st_ino}:{state.st_ino}:{state.st_ctime_ns}"
    finally:
        os.close(descriptor)
