# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Follow all ranks of a job to its end. Observation, actions, output and the clock are passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..base.errors import ClusterError
from ..causes.diagnosis import Diagnosis, find_cause, gpu_notices, notices, silent_ranks, why_failed
from ..causes.end_order import Clocks
from ..causes.log import JobContext
from ..job.plan import RUNNING
from ..job.ranks import (
    Rank,
    all_succeeded,
    is_failed,
    percent_of,
    progress_line,
    started,
    step_of,
    unseen_too_long,
)
from .divergence import divergence_notices
from .elastic import lost_ranks, shrink_notice
from .hang import RESTART, WARN, Silence, hang_of, phase_sentence
from .recorder import JobRecorder
from .stacks import Stack, stack_report, stack_sentence

# The progress line is repeated after so many seconds without a change.
REPEAT_SECONDS = 30


@dataclass(frozen=True)
class Timeouts:
    """Times in seconds; 0 is no limit for ``timeout``, which is for the whole job, and for the two of silence.

    ``interval`` is that between two observations. After ``silence`` without output of any rank the job hangs; before
    it has been seen to make a step, and after its last one, after ``start_silence``. After ``unseen`` without an answer
    of a host a warning is shown; after ``lost`` the host is given up. ``grace`` is the time that other ranks get to end
    once one has failed.
    """

    interval: float = 5
    timeout: float = 0
    silence: float = 300
    start_silence: float = 3600
    unseen: float = 25
    lost: float = 600
    grace: float = 10


@dataclass
class StepRate:
    """Measures the steps a second over about the last ``window`` seconds."""

    window: float = 30
    _marks: list[tuple[float, int]] = field(default_factory=list)

    def update(self, now: float, step: int | None) -> float | None:
        """Return the rate with this step, or None where it is not known yet."""
        if step is None:
            return None
        if self._marks and step < self._marks[-1][1]:
            self._marks.clear()
        if not self._marks or step > self._marks[-1][1]:
            self._marks.append((now, step))
        while len(self._marks) > 2 and now - self._marks[1][0] >= self.window:
            self._marks.pop(0)
        (began, first), (_ended, last) = self._marks[0], self._marks[-1]
        return (last - first) / (now - began) if now > began and last > first else None


@dataclass
class Follower:
    """``observe`` returns all ranks; ``stop`` stops the given ones; ``stacks`` returns the stacks of all processes.

    ``show`` gets a line of progress, and how much of the job is done, from 0 to 100, or None where that is not known.

    ``clocks`` returns the offsets of the hosts' clocks from the controller's, where they are known.
    """

    trainer: str
    job_name: str
    context: JobContext
    observe: Callable[[], Sequence[Rank]]
    stop: Callable[[Sequence[Rank]], None]
    stacks: Callable[[], Sequence[Stack]]
    show: Callable[[str, float | None], None]
    warn: Callable[[str], None]
    recorder: JobRecorder
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    timeouts: Timeouts
    # Samples in a step over all ranks, where the ranks do not report it; 0 is unknown.
    samples_per_step: int = 0
    # Whether to wait for all hosts after a failure, because the job will be restarted.
    waits_for_return: bool = False
    # The hosts that an elastic job needs to go on; 0 is all of them.
    min_hosts: int = 0
    on_hang: str = WARN
    clocks: Callable[[Sequence[Rank]], Clocks] = lambda _ranks: {}
    # What an earlier follower of the same attempt has learned of its pauses, and who receives what this one learns.
    learned: Mapping[str, Any] = field(default_factory=dict)
    remember: Callable[[Mapping[str, Any]], None] = lambda _learned: None
    # What was wrong with GPUs at any time, in the order in which it was found.
    gpu_problems: list[str] = field(default_factory=list)
    _shown: str = ""
    _shown_at: float = 0
    _reported: set[tuple[str, str]] = field(default_factory=set)
    _reported_gpus: set[tuple[str, str, str]] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)
    _step_rate: StepRate = field(default_factory=StepRate)

    def follow(self) -> Sequence[Rank]:
        """Return the ranks once all have succeeded; raise ClusterError once the job cannot succeed any more."""
        began = self.clock()
        silence = Silence(self.timeouts.silence, self.timeouts.start_silence).restored(self.learned)
        while True:
            ranks = self._without_lost(self._observe())
            diverged = divergence_notices(ranks, self.job_name)
            if all_succeeded(ranks):
                self._report(diverged)
                self._report_gpus(ranks)
                self.recorder.event("ended", None, None, f"Job {self.job_name} has succeeded.")
                return ranks
            if any(map(is_failed, ranks)):
                self._fail_after_grace(ranks)
            if silence.observe(ranks):
                text = phase_sentence(silence, self.job_name, self.on_hang)
                self.recorder.event("phase", None, None, text, phase=silence.phase)
            self.remember(silence.as_data())
            found = notices(ranks, self.job_name, self.context, self.timeouts.unseen, silence.limit)
            self._end_hang(ranks, silence.limit)
            self._report([*found, *diverged])
            self._report_gpus(ranks)
            self._check_reachable(ranks)
            self._check_time(ranks, self.clock() - began)
            self.sleep(self.timeouts.interval)

    def _without_lost(self, ranks: Sequence[Rank]) -> Sequence[Rank]:
        """Return the ranks that the job goes on with, and report each of the others once."""
        gone = lost_ranks(ranks, self.min_hosts, self.timeouts.unseen)
        left = [rank for rank in ranks if rank not in gone]
        for rank in gone:
            if rank.host not in self._lost:
                self._lost.add(rank.host)
                finding = shrink_notice(rank, left, self.job_name)
                self.warn(finding.text)
                self.recorder.event("finding", finding.host, finding.rank, finding.text)
        return left

    def _observe(self) -> Sequence[Rank]:
        ranks = started(self.observe())
        if not ranks:
            raise ClusterError(f"Job {self.job_name} was started on no host.")
        rate = self._step_rate.update(self.clock(), step_of(ranks))
        self._show(ranks, rate)
        self.recorder.observation(ranks, rate, self.samples_per_step)
        return ranks

    def _show(self, ranks: Sequence[Rank], rate: float | None) -> None:
        line = progress_line(self.trainer, self.job_name, ranks)
        if line != self._shown or self.clock() - self._shown_at >= REPEAT_SECONDS:
            text = progress_line(self.trainer, self.job_name, ranks, rate, self.samples_per_step)
            self.show(text, percent_of(ranks))
            self._shown, self._shown_at = line, self.clock()

    def _report(self, found: Sequence[Diagnosis]) -> None:
        """Warn of each diagnosis once, and again when it was absent in between."""
        for finding in found:
            if _identity(finding) not in self._reported:
                text = finding.text
                if finding.kind == "silent":
                    text = f"{text} {stack_sentence(self.stacks())}".rstrip()
                self.warn(text)
                self.recorder.event("finding", finding.host, finding.rank, text, cause=finding.kind)
        self._reported = {_identity(finding) for finding in found}

    def _report_gpus(self, ranks: Sequence[Rank]) -> None:
        """Warn once of each problem of a GPU, however often it comes back, and whether or not the job goes on."""
        for finding in gpu_notices(ranks, self.job_name):
            identity = finding.kind, finding.host, finding.subject
            if identity not in self._reported_gpus:
                self._reported_gpus.add(identity)
                self.gpu_problems.append(finding.text)
                self.warn(finding.text)
                self.recorder.event("finding", finding.host, finding.rank, finding.text)

    def _end_hang(self, ranks: Sequence[Rank], limit: float) -> None:
        """End a job that hangs, where that is wanted; one that goes on while its stacks are read is left alone."""
        if self.on_hang == WARN or not self._hangs(ranks, limit):
            return
        stacks = self.stacks()
        ranks = self._observe()
        if not self._hangs(ranks, limit):
            return
        kept = self.recorder.stacks(stack_report(stacks))
        finding = hang_of(ranks, stacks, self.job_name, self.on_hang == RESTART)
        more = f" All stacks are in {kept}." if kept else ""
        self._fail(replace(finding, text=finding.text + more), ranks)

    def _hangs(self, ranks: Sequence[Rank], limit: float) -> bool:
        """Whether all ranks are silent; a host that does not answer is waited for instead."""
        return bool(silent_ranks(ranks, limit)) and not any(rank.unseen for rank in ranks)

    def _fail_after_grace(self, ranks: Sequence[Rank]) -> None:
        """Give other ranks the grace period to end, so that the cause differs from its effects, and fail.

        A host whose connection has just ended may be the cause: it gets the time after which it would be warned of.
        """
        began = self.clock()
        while any(rank.state == RUNNING for rank in ranks):
            is_lost = any(rank.unseen_because and not rank.unseen for rank in ranks)
            if self.clock() >= began + max(self.timeouts.grace, self.timeouts.unseen if is_lost else 0):
                break
            self.sleep(min(2.0, self.timeouts.interval))
            ranks = self._observe()
        self._report_gpus(ranks)
        failed = [rank for rank in ranks if is_failed(rank) and not rank.unseen]
        # A single failed rank needs no clock.
        clocks = self.clocks(failed) if len(failed) > 1 else {}
        cause = find_cause(ranks, self.job_name, self.context, clocks)
        if cause:
            self._fail(cause, ranks)

    def _check_reachable(self, ranks: Sequence[Rank]) -> None:
        """Fail once a host has not answered for long: until then its rank may still train."""
        gone = unseen_too_long(ranks, self.timeouts.lost)
        if gone and len(gone) < len(ranks):
            self._fail(why_failed(gone[0], self.job_name, self.context), ranks)
        if gone:
            raise ClusterError(
                f"No host of job {self.job_name} has answered for {gone[0].unseen:.0f} s ({gone[0].unseen_because}). "
                "The job was left as it is: run playbooks/train.yml again to follow it, or "
                f"playbooks/stop.yml -e trainer_launch_job_name={self.job_name} to stop it.",
                failed_host=gone[0].host,
            )

    def _check_time(self, ranks: Sequence[Rank], passed: float) -> None:
        if self.timeouts.timeout and passed > self.timeouts.timeout:
            text = f"Job {self.job_name} had not ended after {self.timeouts.timeout:g} s (trainer_launch_job_timeout)."
            self._fail(Diagnosis("timeout", ranks[0].host, ranks[0].rank, text), ranks)

    def _fail(self, finding: Diagnosis, ranks: Sequence[Rank]) -> None:
        self.recorder.event("finding", finding.host, finding.rank, finding.text, cause=finding.kind)
        text = finding.text + self._stop_running(ranks)
        retryable, absent = finding.retryable, list[str]()
        unreachable = [rank.host for rank in ranks if rank.unseen]
        if retryable and self.waits_for_return:
            absent = self._wait_for_return()
            retryable = not absent
            unreachable = [host for host in unreachable if host in absent]
        text += _may_still_run(unreachable, self.job_name) if unreachable else ""
        ended = f"Job {self.job_name} has failed: {finding.kind}."
        self.recorder.event("ended", finding.host, finding.rank, ended, cause=finding.kind, retryable=finding.retryable)
        details = {"absent_hosts": absent} if absent else {}
        raise ClusterError(text, failed_host=finding.host, finding=finding.kind, retryable=retryable, **details)

    def _wait_for_return(self) -> list[str]:
        """Wait until every host and engine answers, stop what still runs, and return the hosts that are absent."""
        until = self.clock() + self.timeouts.lost
        while True:
            ranks = started(self.observe())
            absent = [rank.host for rank in ranks if rank.unseen or not rank.engine_answers]
            if not absent or self.clock() >= until:
                self._stop_running(ranks)
                return absent
            self._report([_waiting_for(host, self.job_name) for host in absent])
            self.sleep(self.timeouts.interval)

    def _stop_running(self, ranks: Sequence[Rank]) -> str:
        running = [rank for rank in ranks if rank.state == RUNNING and not rank.unseen]
        if not running:
            return ""
        self.stop(running)
        hosts = ", ".join(rank.host for rank in running)
        self.recorder.event("stopped", None, None, f"Job {self.job_name} was stopped on {hosts}.")
        return f"\nThe job was then stopped on {hosts}."


def _may_still_run(hosts: Sequence[str], job_name: str) -> str:
    return (
        f"\nIt may still run on {', '.join(hosts)}, where it could not be stopped: run playbooks/stop.yml "
        f"-e trainer_launch_job_name={job_name} once the hosts answer."
    )


def _identity(finding: Diagnosis) -> tuple[str, str]:
    """Return what makes two diagnoses the same; that all ranks are silent concerns no single host."""
    return finding.kind, "" if finding.kind == "silent" else finding.host


def _waiting_for(host: str, job_name: str) -> Diagnosis:
    text = f"Job {job_name} is started again once host {host} and its engine answer."
    return Diagnosis("waiting", host, -1, text)
