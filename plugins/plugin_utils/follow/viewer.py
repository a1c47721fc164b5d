# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""View a job through its keeper, and keep on the controller what the keeper has recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.files.whole_file import read_whole, write_whole
from ansible_collections.distrain.cluster.plugins.module_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.phases import BEGINNING, OVER

from .kept_record import put_aside, read_record, write_record

RECORD = "job.json"
# What was said before somebody looked is shown as far as it is in so many lines.
_MOST_OLD_LINES = 20
_SERVICE_SECONDS = 30.0

View = Mapping[str, Any]
# Returns what M(distrain.cluster.trainer_keeper_info) does, of one job, or raises ClusterError where nobody answers.
Ask = Callable[[Mapping[str, str], float], View]


class Copies:
    """The files of a job on the controller."""

    def __init__(self, directory: Path, warn: Callable[[str], None]) -> None:
        self._directory = directory
        self._warn = warn
        self._recorder = JobRecorder(str(directory / "watch.jsonl"), str(directory / "events.jsonl"), warn=warn)

    def take(self, found: View) -> None:
        """Keep what is new; warn of what cannot be kept."""
        self._recorder.adopt(found["events"], found["observations"])
        try:
            if found["record"]:
                self._take_record(found["record"])
            stacks = self._directory / "stacks.txt"
            if found["stacks"] and read_whole(stacks) != found["stacks"]:
                write_whole(stacks, found["stacks"], 0o600)
        except ClusterError as error:
            self._warn(error.message)
        except OSError as error:
            path = self._directory / RECORD
            self._warn(f"The record of the job {path} cannot be read or written on the controller: {error.strerror}.")

    def _take_record(self, record: Mapping[str, Any]) -> None:
        path = self._directory / RECORD
        kept = read_record(path)
        if kept.problem:
            put_aside(path)
            self._warn(
                f"{path} {kept.problem}. It is put aside as {path.name}.corrupt, and the one of the keeper takes its "
                "place."
            )
        if record != kept.record:
            write_record(path, record)


@dataclass
class Viewer:
    """``ask`` returns what is new behind the marks of the view before, after at most so many seconds.

    ``progress`` gets a line of progress and how much of the job is done, in percent, or None.
    """

    job_name: str
    ask: Ask
    copies: Copies | None
    show: Callable[[str], None]
    warn: Callable[[str], None]
    progress: Callable[[str, float | None], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    interval: float = 5
    lost: float = 600
    _marks: Mapping[str, str] = field(default_factory=dict)
    _shown_progress: float = 0
    # When the newest line was said that is shown: another manager has the lines of the keeper before it too.
    _shown_until: float = 0
    _is_first: bool = True
    _inactive_since: float | None = None

    def follow(self, to_the_end: bool) -> Mapping[str, Any]:
        """Return the state of the job once it is over, or has begun; raise ClusterError where no host answers."""
        while True:
            found = self.look(self.interval)
            state: Mapping[str, Any] = found["state"]
            if state["phase"] == OVER or (state["phase"] != BEGINNING and not to_the_end):
                return state
            self._check_service(found)

    def look(self, wait: float) -> View:
        """Return the next view, shown and kept; raise ClusterError where no keeper answers for long."""
        found = self._answer(wait)
        self._marks = found["marks"]
        if self.copies:
            self.copies.take(found)
        self._show(found)
        return found

    def _answer(self, wait: float) -> View:
        since = self.clock()
        while True:
            try:
                return self.ask(self._marks, 0.0 if self._is_first else wait)
            except ClusterError as error:
                if self._is_first or self.clock() - since >= self.lost:
                    raise ClusterError(self._unanswered(error), **error.details) from error
                if self.clock() - since < self.interval:
                    self.warn(
                        f"The keeper of job {self.job_name} does not answer: {error.message} The job goes on "
                        "meanwhile, and is kept."
                    )
                self.sleep(self.interval)

    def _unanswered(self, error: ClusterError) -> str:
        return (
            f"The keeper of job {self.job_name} does not answer: {error.message} The job was left as it is. Run "
            "playbooks/train.yml again to see it once the keeper's host answers, or playbooks/stop.yml -e "
            f"trainer_launch_job_name={self.job_name} to stop it."
        )

    def _show(self, found: View) -> None:
        is_over = found["state"]["phase"] == OVER
        lines = found["screen"]
        if self._is_first:
            # Of a job that is over already its outcome says enough.
            lines = [] if is_over else lines[-_MOST_OLD_LINES:]
        for line in lines:
            if line["at"] > self._shown_until:
                (self.warn if line["kind"] == "warning" else self.show)(line["text"])
        self._shown_until = max((line["at"] for line in found["screen"]), default=self._shown_until)
        progress = found["progress"]
        if progress and progress["at"] != self._shown_progress and not is_over:
            self._shown_progress = progress["at"]
            self.progress(progress["text"], progress["percent"])
        self._is_first = False

    def _check_service(self, found: View) -> None:
        """Raise ClusterError where the service of the keeper has not run for a while."""
        if found["active"]:
            self._inactive_since = None
            return
        self._inactive_since = self._inactive_since or self.clock()
        if self.clock() - self._inactive_since >= _SERVICE_SECONDS:
            raise ClusterError(
                f"The service distrain-keeper.service on host {found['host']} does not run, so that nobody keeps job "
                f"{self.job_name}. See journalctl -u distrain-keeper.service there, and start it."
            )
        self.sleep(1.0)
