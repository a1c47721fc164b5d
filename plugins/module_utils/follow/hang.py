# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide when a silent job hangs, and name the rank that the others wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..causes.diagnosis import Diagnosis
from ..causes.evidence import held_up_by
from ..job.plan import RUNNING
from ..job.ranks import Rank, percent_of, step_of
from .stacks import Stack, differing_stacks, stack_sentence

# What is done about a hang: trainer_launch_on_hang.
WARN, STOP, RESTART = "warn", "stop", "restart"
HANG = "hang"
STARTING, TRAINING, FINISHING = "starting", "training", "finishing"
# A job may be silent for so many times its longest pause so far: one that logs every thousandth step is healthy.
PAUSES = 3


@dataclass
class Silence:
    """How long a job may be silent, by its phase. Times in seconds; 0 is no limit.

    ``training`` counts while it trains, ``otherwise`` before it has been seen to make a step and after its last step. A
    job that has logged a loss has made a step, but its pace is not known: it took as long as it has run.
    """

    training: float
    otherwise: float
    phase: str = ""
    _first_step: int | None = field(default=None, repr=False)
    _silent: float = field(default=0, repr=False)
    _longest_pause: float = field(default=0, repr=False)
    # For how long the job had run at its last output, where it had logged a loss by then.
    _until_loss: float | None = field(default=None, repr=False)

    @property
    def limit(self) -> float:
        if not self.training:
            return 0
        if self.phase == TRAINING:
            return max(self.training, PAUSES * self._longest_pause)
        otherwise = max(self.training, self.otherwise) if self.otherwise else 0
        if self.phase == STARTING and self._until_loss is not None:
            by_pace = max(self.training, PAUSES * self._until_loss)
            return min(otherwise, by_pace) if otherwise else by_pace
        return otherwise

    def as_data(self) -> dict[str, Any]:
        """Return what was learned, for C(restored)."""
        return {"phase": self.phase, "first_step": self._first_step, "longest_pause": self._longest_pause}

    def restored(self, found: Mapping[str, Any]) -> Silence:
        """Return this object, with what an earlier one has learned of the same attempt."""
        self.phase = str(found.get("phase") or "")
        self._first_step = found.get("first_step")
        self._longest_pause = float(found.get("longest_pause") or 0)
        return self

    def observe(self, ranks: Sequence[Rank]) -> bool:
        """Learn from an observation; return whether the job has entered another phase."""
        step = step_of(ranks)
        self._learn_pause([rank for rank in ranks if rank.state == RUNNING])
        if self._first_step is None:
            self._first_step = step
        self._until_loss = _silence_until_loss(ranks)
        before, self.phase = self.phase, self._phase(step, percent_of(ranks))
        return self.phase != before

    def _phase(self, step: int | None, percent: float | None) -> str:
        if step is None or self._first_step is None or step == self._first_step:
            return self.phase or STARTING
        return FINISHING if percent is not None and percent >= 100 else TRAINING

    def _learn_pause(self, running: Sequence[Rank]) -> None:
        """Note how long a pause was that has ended, except where a rank was unreachable or stopped meanwhile."""
        if any(rank.unseen or held_up_by(rank) for rank in running):
            self._silent = 0
            return
        silent = min((rank.silent_seconds for rank in running), default=0.0)
        if silent < self._silent and self._first_step is not None:
            self._longest_pause = max(self._longest_pause, self._silent)
        self._silent = silent


def _silence_until_loss(ranks: Sequence[Rank]) -> float | None:
    """Return for how long the job had run at its last output, or None where no rank has logged a loss."""
    if not any(rank.progress.get("loss") is not None for rank in ranks):
        return None
    last_output = [rank.running_seconds - rank.silent_seconds for rank in ranks if rank.running_seconds is not None]
    return max(0.0, *last_output) if last_output else None


def phase_sentence(silence: Silence, job_name: str, on_hang: str) -> str:
    """Return for how long the job may be silent in its present phase, and what is done then."""
    begins = {
        STARTING: f"Job {job_name} is followed; it has not been seen to make a step yet.",
        TRAINING: f"Job {job_name} trains.",
        FINISHING: f"Job {job_name} has made its last step.",
    }[silence.phase]
    if not silence.limit:
        return f"{begins} However long it is silent, that is no hang."
    is_of_start = silence.phase != TRAINING and silence.limit == max(silence.training, silence.otherwise)
    variable = "job_start_silence" if is_of_start else "job_silence"
    restart = "ends it, and starts it again where a restart is left"
    done = {WARN: "is reported", STOP: "ends it", RESTART: restart}[on_hang]
    limit = f"{silence.limit:.0f} s is a hang from now on (trainer_launch_{variable})"
    return f"{begins} A silence of {limit}, which {done}."


def hang_of(ranks: Sequence[Rank], stacks: Sequence[Stack], job_name: str, retryable: bool) -> Diagnosis:
    """Return the diagnosis of a job whose ranks are all silent: the rank that the others wait for, and where it is.

    It is one whose stack differs, else one that is suspended. Where there is none, the first rank bears the diagnosis.
    """
    silent = min((rank.silent_seconds for rank in ranks if rank.state == RUNNING), default=0.0)
    begins = f"Job {job_name} hangs: no rank has printed anything or made a step for {silent:.0f} s."
    running = [rank for rank in ranks if rank.state == RUNNING]
    differing = {stack.host for stack in differing_stacks(stacks)}
    absent = [rank for rank in running if rank.host in differing]
    suspended = [(rank, found) for rank in running if (found := held_up_by(rank))]
    if absent:
        rank, who = absent[0], ""
    elif suspended:
        rank, who = (
            suspended[0][0],
            f"Rank {suspended[0][0].rank} on host {suspended[0][0].host} {suspended[0][1].text}",
        )
    else:
        rank, who = (running or list(ranks))[0], "Which rank the others wait for is not known."
    text = " ".join(filter(None, (begins, who, stack_sentence(stacks))))
    return Diagnosis(HANG, rank.host, rank.rank, text, retryable)
