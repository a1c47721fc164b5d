# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a host keeps what it knows of a job that is kept.

One directory a job, which root alone reads. Every host has C(host.json), its own part of the job with its keys. A host
that keeps the job, or can come to keep it, has C(keep.json), what is kept, and all that the keeper writes beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from ..files.whole_file import read_whole, write_whole

BASE = "/var/lib/distrain/keeper"
_PRIVATE = 0o600


class Place:
    """The directory of the job ``job`` of the trainer ``trainer``."""

    def __init__(self, trainer: str, job: str, base: str = BASE) -> None:
        self.trainer = trainer
        self.job = job
        self.directory = Path(base) / trainer / job
        self.host = self.directory / "host.json"
        self.keep = self.directory / "keep.json"
        self.state = self.directory / "state.json"
        self.record = self.directory / "job.json"
        self.progress = self.directory / "progress.json"
        self.events = self.directory / "events.jsonl"
        self.observations = self.directory / "watch.jsonl"
        self.screen = self.directory / "screen.jsonl"
        self.stacks = self.directory / "stacks.txt"
        # The request to stop the job, which any process of root may make.
        self.stop = self.directory / "stop"
        # The host was notified that the job is over.
        self.released = self.directory / "released"
        # The newest turn of a keeper that this host has served.
        self.term = self.directory / "term.json"

    def make(self) -> None:
        """Make the directory, and those above it, readable by root alone; raise ClusterError where that fails."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ClusterError(f"{self.directory} cannot be made: {error.strerror}.") from error

    def identity(self, number: int) -> str:
        """Return the name in the certificate of the host with this number; it names the job as well."""
        return f"h{number}.{self.token}.distrain.invalid"

    @property
    def token(self) -> str:
        """Sixteen hexadecimal digits that stand for the job in names of hosts."""
        return hashlib.sha256(f"{self.trainer}/{self.job}".encode()).hexdigest()[:16]


def token_of(identity: str) -> str:
    """Return the part of C(Place.identity) that stands for the job; empty where it has none."""
    parts = identity.split(".")
    return parts[1] if len(parts) == 4 and parts[2:] == ["distrain", "invalid"] else ""


def places(base: str = BASE) -> Iterator[Place]:
    """Yield every job that this host knows."""
    with contextlib.suppress(OSError):
        for path in sorted(Path(base).glob("*/*/host.json")):
            yield Place(path.parent.parent.name, path.parent.name, base)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in the file, empty where there is none; raise ClusterError where it is damaged."""
    text = read_whole(path)
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ClusterError(f"{path} is damaged: {error}. Run playbooks/train.yml, which writes it anew.") from error
    if not isinstance(found, dict):
        raise ClusterError(f"{path} is damaged: it holds no object. Run playbooks/train.yml, which writes it anew.")
    return found


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file whole or not at all, readable by its owner alone; raise ClusterError where that fails."""
    write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n", _PRIVATE)
