# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A recorder that never fails: where the controller's disk is full, the job is followed without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..job.ranks import Rank


class Recorder(Protocol):
    """What a follower records to, as JobRecorder is."""

    def observation(
        self, ranks: Sequence[Rank], steps_per_second: float | None = None, samples_per_step: int = 0
    ) -> None: ...

    def event(self, kind: str, host: str | None, rank: int | None, text: str, at: float | None = None) -> None: ...

    def began(self, at: float | None, hosts: int, job_name: str, restarts: int) -> None: ...


class TolerantRecorder:
    """Passes all calls on to ``recorder``. What cannot be written is dropped, with one warning."""

    def __init__(self, recorder: Recorder, warn: Callable[[str], None]) -> None:
        self._recorder = recorder
        self._warn = warn
        self._has_warned = False

    def observation(
        self, ranks: Sequence[Rank], steps_per_second: float | None = None, samples_per_step: int = 0
    ) -> None:
        self._try(lambda: self._recorder.observation(ranks, steps_per_second, samples_per_step))

    def event(self, kind: str, host: str | None, rank: int | None, text: str, at: float | None = None) -> None:
        self._try(lambda: self._recorder.event(kind, host, rank, text, at))

    def began(self, at: float | None, hosts: int, job_name: str, restarts: int) -> None:
        self._try(lambda: self._recorder.began(at, hosts, job_name, restarts))

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            if not self._has_warned:
                self._has_warned = True
                self._warn(
                    f"What is observed of the job cannot be written to {error.filename or 'its record'} on the "
                    f"controller: {error.strerror}. The job is followed all the same; its curves and events will have "
                    "a gap."
                )
