# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Follow a job over all its ranks to its end. What it sees, does and shows is passed in; so is the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.follow_plan import (
    Rank,
    all_succeeded,
    first_failed,
    how_it_failed,
    progress_line,
    silent_for,
    started,
    unseen_too_long,
)
from ansible_collections.distrain.cluster.plugins.module_utils.job_plan import RUNNING

HEARTBEAT = 30


@dataclass(frozen=True)
class Patience:
    """Seconds: between two looks, until a job counts as hung, until silence is worth a warning, and so on."""

    interval: float = 5
    timeout: float = 0
    silence: float = 1800
    unseen: float = 60
    grace: float = 10


@dataclass
class Follower:
    """``observe`` sees every rank; ``stop`` stops these ranks; ``show`` and ``warn`` tell the user."""

    trainer: str
    job_name: str
    observe: Callable[[], Sequence[Rank]]
    stop: Callable[[Sequence[Rank]], None]
    show: Callable[[str], None]
    warn: Callable[[str], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    patience: Patience
    _shown: str = ""
    _shown_at: float = 0
    _warned_of: str = ""
    _warned_of_silence: bool = False

    def follow(self) -> Sequence[Rank]:
        """Return the ranks once all have succeeded; raise ClusterError when the job cannot succeed any more."""
        began = self.clock()
        while True:
            ranks = started(self.observe())
            if not ranks:
                raise ClusterError(f"Job {self.job_name} was started on no host.")
            self._show(ranks)
            if all_succeeded(ranks):
                return ranks
            if first_failed(ranks):
                self._give_up_on(ranks)
            self._check_sight(ranks)
            self._check_silence(ranks)
            self._check_time(ranks, self.clock() - began)
            self.sleep(self.patience.interval)

    def _show(self, ranks: Sequence[Rank]) -> None:
        line = progress_line(self.trainer, self.job_name, ranks)
        if line != self._shown or self.clock() - self._shown_at >= HEARTBEAT:
            self.show(line)
            self._shown, self._shown_at = line, self.clock()

    def _give_up_on(self, ranks: Sequence[Rank]) -> None:
        """See who else ends within the grace, so that the cause is told from what it caused; then stop the others."""
        until = self.clock() + self.patience.grace
        while any(rank.state == RUNNING for rank in ranks) and self.clock() < until:
            self.sleep(min(2.0, self.patience.interval))
            ranks = started(self.observe())
        cause = first_failed(ranks)
        others = self._stop_the_running(ranks)
        if cause:
            raise ClusterError(how_it_failed(cause, self.job_name) + others, failed_host=cause.host)

    def _check_sight(self, ranks: Sequence[Rank]) -> None:
        for rank in ranks:
            if rank.unseen and self._warned_of != rank.host:
                self._warned_of = rank.host
                self.warn(f"Host {rank.host} does not answer; waiting {self.patience.unseen:g} s for it.")
        if not any(rank.unseen for rank in ranks):
            self._warned_of = ""
        gone = unseen_too_long(ranks, self.patience.unseen)
        if gone:
            raise ClusterError(
                f"Rank {gone.rank} of job {self.job_name} is out of sight: host {gone.host} has not answered for "
                f"{gone.unseen:.0f} s ({gone.unseen_because}). The job was left as it is: run playbooks/train.yml "
                f"again to follow it, or playbooks/stop.yml -e trainer_launch_job_name={self.job_name} to stop it.",
                failed_host=gone.host,
            )

    def _check_silence(self, ranks: Sequence[Rank]) -> None:
        silent = silent_for(ranks)
        if self.patience.silence and silent > self.patience.silence and not self._warned_of_silence:
            self._warned_of_silence = True
            self.warn(f"No rank of job {self.job_name} has printed anything for {silent:.0f} s; it may hang.")

    def _check_time(self, ranks: Sequence[Rank], passed: float) -> None:
        if self.patience.timeout and passed > self.patience.timeout:
            self._stop_the_running(ranks)
            raise ClusterError(
                f"Job {self.job_name} was stopped on every host: it had not ended after {self.patience.timeout:g} s "
                "(trainer_launch_job_timeout)."
            )

    def _stop_the_running(self, ranks: Sequence[Rank]) -> str:
        running = [rank for rank in ranks if rank.state == RUNNING]
        if not running:
            return ""
        self.stop(running)
        return f"\nThe job was then stopped on {', '.join(rank.host for rank in running)}."
