# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of a job that cannot fail: where the controller's disk is full, the job is followed without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..job.ranks import Rank


class Recorder(Protocol):
    """What a follower writes to, as WatchRecord is."""

    def look(self, ranks: Sequence[Rank], steps_per_second: float | None = None, samples_per_step: int = 0) -> None: ...

    def event(self, kind: str, host: str | None, rank: int | None, text: str, at: float | None = None) -> None: ...

    def began(self, at: float | None, hosts: int, job_name: str, restarts: int) -> None: ...


class TolerantRecorder:
    """Passes all on to ``record``. What cannot be written is left out, and said once by ``warn``."""

    def __init__(self, record: Recorder, warn: Callable[[str], None]) -> None:
        self._record = record
        self._warn = warn
        self._has_warned = False

    def look(self, ranks: Sequence[Rank], steps_per_second: float | None = None, samples_per_step: int = 0) -> None:
        self._keep(lambda: self._record.look(ranks, steps_per_second, samples_per_step))

    def event(self, kind: str, host: str | None, rank: int | None, text: str, at: float | None = None) -> None:
        self._keep(lambda: self._record.event(kind, host, rank, text, at))

    def began(self, at: float | None, hosts: int, job_name: str, restarts: int) -> None:
        self._keep(lambda: self._record.began(at, hosts, job_name, restarts))

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            if not self._has_warned:
                self._has_warned = True
                self._warn(
                    f"What is seen of the job cannot be written to {error.filename or 'its record'} on the controller: "
                    f"{error.strerror}. The job is followed all the same; its curves and events will have a gap."
                )
