# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep one job: begin it, follow it, begin it again where that helps, and report how it ended.

All that is decided is decided here, by the plans of C(follow) and C(causes). What a keeper knows lies in the job's
place, so that one that is started anew goes on.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..base.errors import ClusterError
from ..follow.follower import Follower
from ..follow.job_record import End, after_attempt, closed
from ..follow.messages import Messages
from ..follow.outcome import outcome_of
from ..follow.recorder import JobRecorder
from ..follow.restarts import restarts
from ..follow.webhook import Notify, notifying
from ..job.plan import RUNNING, STOPPED
from .beginning import NOT_STARTED, Beginning
from .duty import Duty, OwnDuty
from .ending import of_stopped, of_unstarted, state_of
from .exporter import MetricsFile
from .interruption import StopRequested, Superseded, guarded
from .listener import JOB
from .observer import JobObserver
from .options import context_of, timeouts_of
from .parts import JobParts
from .phases import BEGINNING, FOLLOWING, OVER
from .place import Place, read_json
from .reach import Reach
from .record import KeptRecord
from .screen import Screen
from .state import new_attempt, read_state

_FINAL_SECONDS = 10.0
_FIRST_ANSWER_SECONDS = 60.0


class JobKeeper:
    """Keeps the job that C(keep.json) in its place describes, by its duty: that of this host alone without one."""

    def __init__(self, place: Place, duty: Duty | None = None) -> None:
        self._place = place
        self._kept = read_json(place.keep)
        self._duty = duty or OwnDuty(place, self._kept)
        self._record = KeptRecord(place, self._kept)
        reach = Reach(self._kept, self._duty)
        self._link, self._address = reach.link, reach.address
        self._options: Mapping[str, Any] = self._kept["options"]
        self._state = read_state(place, self._kept)
        self._screen = Screen(place)
        self._ranks: Sequence[Mapping[str, Any]] = self._kept["ranks"]
        self._hosts = [rank["host"] for rank in self._ranks]
        self._metrics = MetricsFile(self._options.get("metrics_directory") or "", place, self._screen.warn)
        self._started = 0.0
        self._parts = JobParts(place, self._kept, self._link, self._screen, self._address)

    def run(self) -> None:
        """Keep the job until it is over; raise Superseded where another manager keeps it by then."""
        if self._state.phase == OVER:
            return
        messages = Messages(self._place.trainer, self._place.job)
        with notifying(self._options, messages, self._screen.warn) as notify, self._observer() as observer:
            self._notify, self._recorder = notify, self._make_recorder(notify)
            observer.expect(self._state.attempt)
            try:
                while self._state.phase != OVER:
                    self._check()
                    if self._state.phase == BEGINNING:
                        self._begin(observer)
                    else:
                        self._follow(observer)
            except StopRequested:
                self._end_by_request(observer)
            except Superseded:
                self._metrics.leave()
                raise
            self._parts.over(observer, str(self._state.outcome.get("outcome")))
            observer.release()

    def _make_recorder(self, notify: Notify) -> JobRecorder:
        place = self._place
        return JobRecorder(
            str(place.observations),
            str(place.events),
            warn=self._screen.warn,
            stacks_file=str(place.stacks),
            notify=notify,
            export=lambda ranks: self._metrics.observed(ranks, self._started, self._state.restarts),
        )

    @contextlib.contextmanager
    def _observer(self) -> Iterator[JobObserver]:
        options = self._options
        observer = JobObserver(
            self._hosts,
            options["interval"],
            options["stop_timeout"],
            self._screen.warn,
            lambda host, events: self._link(host, JOB, events),
        )
        with contextlib.closing(observer):
            yield observer

    def _begin(self, observer: JobObserver) -> None:
        """Start the attempt; a job that cannot be started is over."""
        try:
            started = self._start(observer)
        except ClusterError as error:
            running = [rank for rank in observer.observe() if rank.state == RUNNING and not rank.unseen]
            observer.stop(running)
            self._end_unstarted(error)
            return
        observer.expect(self._state.attempt)
        self._parts.began(started, self._state.restarts > 0)
        self._say_begun([one["job"].get("started") for one in started.values()])
        self._record.write(self._record.of_new_attempt(started, self._state.restarts))
        self._go_to(FOLLOWING)

    def _say_begun(self, times: Sequence[Any]) -> None:
        """Record the start of the attempt once, by when the hosts say that it was."""
        known = [at for at in times if at]
        self._started = min(known, default=0.0)
        if known and self._state.announced != self._state.attempt:
            self._recorder.began(min(known), len(known), self._place.job, self._state.restarts)
            self._state.announced = self._state.attempt
            self._duty.save(self._state)

    def _start(self, observer: JobObserver) -> Mapping[str, Mapping[str, Any]]:
        restarts_made = self._state.restarts
        patience = self._options["lost"] if restarts_made else _FIRST_ANSWER_SECONDS
        beginning = Beginning(observer, self._kept["hosts"], patience)
        beginning.wait_for_hosts(guarded(time.sleep, self._check))
        if beginning.is_half_begun(self._state.attempt):
            self._state.attempt = new_attempt()
            self._duty.commit(self._state)
        if restarts_made:
            beginning.prepare()
        self._state.checkpoint = self._parts.checkpoint_for(observer, restarts_made > 0)
        self._duty.save(self._state)
        self._check()
        return beginning.start(self._state.attempt, self._state.checkpoint)

    def _follow(self, observer: JobObserver) -> None:
        """Follow the attempt to its end, and decide what comes then."""
        problems = self._state.gpu_problems
        try:
            with self._parts.copying():
                ranks = self._follower(observer, problems).follow()
            outcome = outcome_of(ranks, {rank.host: observer.job_of(rank.host) for rank in ranks})
        except ClusterError as error:
            known = {"failed_host": self._hosts[0], "finding": "unknown", "retryable": False, **error.details}
            outcome = {"outcome": "failed", "msg": error.message, **known}
        outcome["gpu_problems"] = problems
        self._wait_for_the_end(observer)
        self._decide(outcome, observer.jobs(), self._parts.found(observer))

    def _wait_for_the_end(self, observer: JobObserver) -> None:
        """Let the hosts say how the ranks have ended that were stopped; a host that does not answer says nothing."""
        until = time.monotonic() + _FINAL_SECONDS
        while any(one.state == RUNNING and not one.unseen for one in observer.observe()) and time.monotonic() < until:
            time.sleep(0.5)

    def _follower(self, observer: JobObserver, problems: list[str]) -> Follower:
        options, place = self._options, self._place
        self._say_begun([observer.job_of(rank.host).get("started") for rank in observer.observe()])
        return Follower(
            trainer=place.trainer,
            job_name=place.job,
            context=context_of(options, self._ranks),
            observe=guarded(observer.observe, self._check),
            stop=observer.stop,
            stacks=guarded(observer.stacks, self._check),
            clocks=observer.clocks,
            show=self._screen.progress,
            warn=self._screen.warn,
            recorder=self._recorder,
            clock=time.monotonic,
            sleep=guarded(time.sleep, self._check),
            timeouts=timeouts_of(options),
            samples_per_step=options["samples_per_step"],
            waits_for_return=self._state.restarts < options["max_restarts"],
            on_hang=options["on_hang"],
            min_hosts=options["min_hosts"],
            gpu_problems=problems,
            learned=self._state.silence,
            remember=self._remember,
        )

    def _remember(self, learned: Mapping[str, Any]) -> None:
        if learned != self._state.silence:
            self._state.silence = dict(learned)
            self._duty.save(self._state)

    def _decide(
        self, outcome: dict[str, Any], jobs: Mapping[str, Mapping[str, Any] | None], checkpoints: Mapping[str, Any]
    ) -> None:
        """Begin the job again, or end it."""
        failure = outcome["msg"] if outcome["outcome"] == "failed" else ""
        record = closed(self._record.read(), jobs, End(failure, outcome["gpu_problems"]))
        allowed = self._options["max_restarts"]
        record, again = after_attempt(record, outcome, checkpoints, self._state.restarts, allowed)
        self._record.write(record)
        if not again:
            self._end(outcome, record)
            return
        self._begin_again(failure)

    def _begin_again(self, failure: str) -> None:
        self._state.restarts += 1
        again = f"It is started again ({self._state.restarts} of {self._options['max_restarts']})."
        self._screen.line(f"{failure}\n{again}")
        self._state.attempt = new_attempt()
        self._state.silence, self._state.gpu_problems = {}, []
        self._go_to(BEGINNING)

    def _end(self, outcome: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        note = (record.get("restarts") or {}).get("note")
        if outcome["outcome"] == "failed" and note:
            named = {name: outcome.get(key) for name, key in (("host", "failed_host"), ("cause", "finding"))}
            text = f"The job was {note}."
            self._notify({"at": time.time(), "kind": "given_up", "text": text, "rank": None, **named})
        self._state.outcome = {**outcome, "restarts": record.get("restarts") or {}}
        self._go_to(OVER)

    def _end_unstarted(self, error: ClusterError) -> None:
        """End a job of which an attempt could not be started, or try once more where that may help."""
        text = f"Job {self._place.job} was not started: {error.message}"
        host = str(error.details.get("failed_host") or self._hosts[0])
        outcome = of_unstarted(text, host)
        self._recorder.event("finding", host, None, text, cause=NOT_STARTED)
        if error.details.get("retryable") and self._state.restarts < self._options["max_restarts"]:
            self._begin_again(text)
            return
        record = self._record.read()
        if record.get("attempts"):
            record["outcome"], record["message"] = "failed", text
        record["restarts"] = restarts(outcome, self._state.restarts, self._options["max_restarts"])
        self._record.write(record if record.get("hosts") else {})
        self._end(outcome, record)

    def _end_by_request(self, observer: JobObserver) -> None:
        """Stop the job on every host that answers, and close its record."""
        observer.stop([rank for rank in observer.observe() if rank.state == RUNNING and not rank.unseen])
        self._wait_for_the_end(observer)
        ranks = observer.observe()
        record = closed(self._record.read(), observer.jobs())
        if record.get("outcome") == RUNNING and not any(rank.state == RUNNING or rank.unseen for rank in ranks):
            # It was stopped before the next attempt was begun everywhere.
            record |= {"outcome": STOPPED, "message": "It was stopped.", "ended": time.time()}
        self._recorder.event("ended", None, None, f"Job {self._place.job} was stopped.", cause=STOPPED)
        self._record.write(record)
        self._state.outcome = of_stopped(self._place.job, ranks, self._state.gpu_problems)
        self._go_to(OVER)

    def _go_to(self, phase: str) -> None:
        """Go on to this phase once that is kept safely."""
        self._state.phase = phase
        self._duty.commit(self._state)
        if phase == OVER:
            self._metrics.ended(state_of(self._state.outcome), self._state.restarts)

    def _check(self) -> None:
        """Raise what takes this keeper off its work."""
        self._duty.check()
        if self._place.stop.exists():
            raise StopRequested
