# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a job was seen to do, kept in files beside its results: one line of JSON a look, one line of JSON an event."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.follow_plan import Rank, seconds_in
from ansible_collections.distrain.cluster.plugins.module_utils.throughput_plan import throughput

LOOK_SECONDS = 5.0
# A job that does not move is still written down this often.
HEARTBEAT_SECONDS = 60.0
_USAGE = ("cpu_percent", "memory_bytes", "gpu_percent", "gpu_memory_bytes")


class WatchRecord:
    """Appends to both files, which only their owner may read; without a path nothing is kept."""

    def __init__(self, watch_file: str | None, events_file: str | None, clock: Callable[[], float] = time.time) -> None:
        self._watch_file = watch_file
        self._events_file = events_file
        self._clock = clock
        self._written: list[Any] = []
        self._written_at = 0.0

    def look(self, ranks: Sequence[Rank], steps_per_second: float | None = None, samples_per_step: int = 0) -> None:
        """Keep a look that differs from the one before."""
        now = self._clock()
        moved = [(rank.host, rank.state, rank.progress.get("step"), bool(rank.unseen)) for rank in ranks]
        wait = LOOK_SECONDS if moved != self._written else HEARTBEAT_SECONDS
        if now - self._written_at < wait:
            return
        self._written, self._written_at = moved, now
        told = [describe_rank(rank, steps_per_second, samples_per_step) for rank in ranks]
        _append(self._watch_file, {"at": round(now, 3), "ranks": told})

    def event(self, kind: str, host: str | None, rank: int | None, text: str, at: float | None = None) -> None:
        """Keep an event. An end is kept once after each start, however often a job that has ended is looked at."""
        if kind == "ended" and ["", *self._kinds()][-1] == "ended":
            return
        entry = {"at": round(at or self._clock(), 3), "kind": kind, "host": host, "rank": rank, "text": text}
        _append(self._events_file, entry)

    def began(self, at: float | None, hosts: int, job_name: str, restarts: int) -> None:
        """Keep the start of a job once, however often it is followed."""
        if at is not None and round(at, 3) not in self._starts():
            again = f" again, for the {restarts}. time" if restarts else ""
            kind = "restarted" if restarts else "started"
            self.event(kind, None, None, f"Job {job_name} was started{again} on {hosts} hosts.", at)

    def _starts(self) -> set[float]:
        return {entry["at"] for entry in self._entries() if entry.get("kind") in ("started", "restarted")}

    def _kinds(self) -> list[str]:
        return [entry["kind"] for entry in self._entries() if entry.get("kind") in ("started", "restarted", "ended")]

    def _entries(self) -> list[Mapping[str, Any]]:
        try:
            lines = Path(self._events_file or "").read_text(encoding="utf-8").splitlines() if self._events_file else []
        except OSError:
            return []
        return [_entry(line) for line in lines]


def describe_rank(rank: Rank, steps_per_second: float | None, samples_per_step: int) -> dict[str, Any]:
    """One rank of a look; None for what is not known."""
    progress = rank.progress
    return {
        "host": rank.host,
        "rank": rank.rank,
        "state": "unseen" if rank.unseen else rank.state,
        "step": progress.get("step"),
        "total": progress.get("total"),
        "loss": progress.get("loss"),
        **throughput(progress, steps_per_second, samples_per_step),
        "remaining": seconds_in(progress.get("remaining")),
        **{name: rank.usage.get(name) for name in _USAGE},
        "silent_seconds": round(rank.silent_seconds, 1),
    }


def _entry(line: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _append(path: str | None, entry: Mapping[str, Any]) -> None:
    if not path:
        return
    Path(path).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")
