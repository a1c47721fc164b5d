# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Record the observations and the events of a job in files beside its results, one JSON line each."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from ..files.whole_file import write_whole
from ..gpu_health.in_job import tags
from ..job.ranks import Rank
from ..job.throughput import throughput
from ..progress.steps import without_nan
from .bounded_lines import BoundedLines

CHANGED_SECONDS = 5.0
# Without a change an observation is recorded this often.
UNCHANGED_SECONDS = 60.0
# With 64 hosts an observation has 20 KB, so that hundreds of them are kept, however long the job runs.
MOST_BYTES = 32 * 1024**2
MOST_EVENT_BYTES = 4 * 1024**2
# How much the clocks of hosts and controller may differ: a start has the time of a host.
CLOCK_SECONDS = 5.0
_TAIL_BYTES = 256 * 1024
_USAGE = ("cpu_percent", "memory_bytes", "gpu_percent", "gpu_memory_bytes")


class JobRecorder:
    """Appends to two files of mode 0600 and bounded size; without a path nothing is recorded.

    Where a file reaches its largest size, lines of earlier runs of the job are dropped first. An entry that cannot be
    written, as on a full disk, is dropped, with one call of ``warn``. ``notify`` is called with each event, and
    ``export`` with the ranks of each observation that is recorded.
    """

    def __init__(
        self,
        watch_file: str | None,
        events_file: str | None,
        clock: Callable[[], float] = time.time,
        most_bytes: int = MOST_BYTES,
        most_event_bytes: int = MOST_EVENT_BYTES,
        warn: Callable[[str], None] = lambda _text: None,
        stacks_file: str | None = None,
        notify: Callable[[Mapping[str, Any]], None] = lambda _event: None,
        export: Callable[[Sequence[Mapping[str, Any]]], None] = lambda _ranks: None,
    ) -> None:
        self._watch_file = watch_file
        self._events_file = events_file
        self._stacks_file = stacks_file
        self._notify = notify
        self._export = export
        self._observations = BoundedLines(watch_file, most_bytes, _states, self._run_began)
        self._events = BoundedLines(events_file, most_event_bytes, _importance, self._run_began)
        self._clock = clock
        self._warn = warn
        self._has_warned = False
        self._written: list[Any] = []
        self._written_at = 0.0

    def observation(
        self, ranks: Sequence[Rank], steps_per_second: float | None = None, samples_per_step: int = 0
    ) -> None:
        """Record an observation, less often where nothing has changed."""
        now = self._clock()
        states = [
            (rank.host, rank.state, rank.progress.get("step"), bool(rank.unseen), tags(rank.gpu)) for rank in ranks
        ]
        wait = CHANGED_SECONDS if states != self._written else UNCHANGED_SECONDS
        if now - self._written_at < wait:
            return
        self._written, self._written_at = states, now
        described = [describe_rank(rank, steps_per_second, samples_per_step) for rank in ranks]
        self._append(self._observations, {"at": round(now, 3), "ranks": described})
        self._export(described)

    def event(
        self, kind: str, host: str | None, rank: int | None, text: str, at: float | None = None, **more: Any
    ) -> None:
        """Record an event. An end is recorded once after each start, however often an ended job is followed."""
        if kind == "ended" and ["", *self._kinds()][-1] == "ended":
            return
        entry = {"at": round(at or self._clock(), 3), "kind": kind, "host": host, "rank": rank, "text": text, **more}
        self._append(self._events, entry)
        self._notify(entry)

    def adopt(self, events: Sequence[Mapping[str, Any]], observations: Sequence[Mapping[str, Any]]) -> None:
        """Keep what another recorder has recorded, and is not here yet; nobody is notified of it."""
        known = {json.dumps(entry, sort_keys=True) for entry in self._events_so_far()} if events else set()
        for entry in events:
            if json.dumps(entry, sort_keys=True) not in known:
                self._append(self._events, entry)
        newest = self._newest_observation() if observations else 0.0
        for entry in observations:
            if entry["at"] > newest:
                self._append(self._observations, entry)

    def _newest_observation(self) -> float:
        try:
            with Path(self._watch_file or "").open("rb") as stream:
                stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL_BYTES))
                times = [_entry(line.decode(errors="replace")).get("at") for line in stream.read().splitlines()]
        except OSError:
            return 0.0
        return max((at for at in times if isinstance(at, int | float)), default=0.0)

    def stacks(self, text: str) -> str:
        """Keep the stacks of a hang in place of those of an earlier one; return the path, empty where none is kept."""
        if not self._stacks_file or not text:
            return ""
        try:
            write_whole(Path(self._stacks_file), text, 0o600)
        except ClusterError as error:
            self._warn(f"The stacks of the ranks are not kept on the controller: {error.message}")
            return ""
        return self._stacks_file

    def began(self, at: float | None, hosts: int, job_name: str, restarts: int) -> None:
        """Record the start of a job once, however often it is followed."""
        if at is not None and round(at, 3) not in self._starts():
            again = f" again, for the {restarts}. time" if restarts else ""
            kind = "restarted" if restarts else "started"
            self.event(kind, None, None, f"Job {job_name} was started{again} on {hosts} hosts.", at, hosts=hosts)

    def _append(self, lines: BoundedLines, entry: Mapping[str, Any]) -> None:
        try:
            lines.append(entry)
        except OSError as error:
            if not self._has_warned:
                self._has_warned = True
                self._warn(
                    f"What is observed of the job cannot be written to {error.filename or 'its record'} on the "
                    f"controller: {error.strerror}. The job is followed all the same; its curves and events will have "
                    "a gap."
                )

    def _starts(self) -> set[float]:
        return {entry["at"] for entry in self._events_so_far() if entry.get("kind") in ("started", "restarted")}

    def _kinds(self) -> list[str]:
        kinds = ("started", "restarted", "ended")
        return [entry["kind"] for entry in self._events_so_far() if entry.get("kind") in kinds]

    def _run_began(self) -> float:
        """Return the start of the newest run, to which its restarts belong."""
        starts = [entry["at"] for entry in self._events_so_far() if entry.get("kind") == "started"]
        return starts[-1] - CLOCK_SECONDS if starts else 0.0

    def _events_so_far(self) -> list[Mapping[str, Any]]:
        try:
            text = Path(self._events_file).read_text(encoding="utf-8", errors="replace") if self._events_file else ""
        except OSError:
            return []
        return [entry for entry in map(_entry, text.splitlines()) if isinstance(entry.get("at"), int | float)]


def _states(entry: Mapping[str, Any]) -> list[Any]:
    return [(rank["host"], rank["state"]) for rank in entry["ranks"]]


def _importance(entry: Mapping[str, Any]) -> Any:
    """Return a state that differs for all entries but findings, which may be many."""
    return "" if entry["kind"] == "finding" else (entry["kind"], entry["at"])


def describe_rank(rank: Rank, steps_per_second: float | None, samples_per_step: int) -> dict[str, Any]:
    """Return one rank of an observation, with None for what is unknown.

    ``not_finite`` lists which of loss and grad_norm are nan or infinite, and is absent where none is; so is
    ``gpu_problems``, which lists what is wrong with GPUs.
    """
    progress, not_finite = rank.progress, rank.progress.get("not_finite") or {}
    problems = tags(rank.gpu)
    names = [name for name in ("loss", "grad_norm") if not_finite.get(name)]
    described = {
        "host": rank.host,
        "rank": rank.rank,
        "state": "unseen" if rank.unseen else rank.state,
        "step": progress.get("step"),
        "total": progress.get("total"),
        "loss": progress.get("loss"),
        "grad_norm": progress.get("grad_norm"),
        **throughput(progress, steps_per_second, samples_per_step),
        "remaining": progress.get("remaining_seconds"),
        **{name: rank.usage.get(name) for name in _USAGE},
        "silent_seconds": round(rank.silent_seconds, 1),
        **({"not_finite": names} if names else {}),
        **({"gpu_problems": problems} if problems else {}),
    }
    return dict(without_nan(described))


def _entry(line: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
