# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the rank that made a job fail and why, and the ranks of a running job that need attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..gpu_health.in_job import job_problems, problem_sentence
from ..job.plan import RUNNING
from ..job.ranks import Rank, is_failed
from .end_order import Clocks, ended_first
from .evidence import (
    EARLY,
    FOLLOWED,
    HELD_UP,
    SILENT,
    Evidence,
    bounded,
    ended_early,
    evidence_of,
    held_up_by,
    preprocesses,
    silence_of_host,
    timed_out_waiting,
)
from .log import JobContext, read_symptom

_MOST_NAMED = 4
_WAIT_ADVICE = (
    "Raise ddp_timeout (seconds) in trainer_launch_job_config, or prepare the data set once beforehand "
    "(tokenized_path) and bring it to every host by trainer_launch_copies."
)

RankEvidence = tuple[Rank, Evidence]


@dataclass(frozen=True)
class Diagnosis:
    """``retryable`` is whether a restart of the job is likely to help.

    ``subject`` distinguishes several of one kind on one host, such as those of two GPUs.
    """

    kind: str
    host: str
    rank: int
    text: str
    retryable: bool = False
    subject: str = ""


def find_cause(
    ranks: Sequence[Rank], job_name: str, context: JobContext, clocks: Clocks | None = None
) -> Diagnosis | None:
    """Return which rank made the job fail and why, or None where none has failed.

    It is the rank with the strongest evidence; of several ones, the one that ended first by the hosts' clocks, where
    these are exact enough.
    """
    if not any(map(is_failed, ranks)):
        return None
    ranks = [bounded(rank) for rank in ranks]
    known = [(rank, found) for rank in ranks if (found := evidence_of(rank, context))]
    known += _of_all(ranks, known)
    strength = min(found.strength for _rank, found in known)
    suspects = [one for one in known if one[1].strength == strength]
    first = ended_first([rank for rank, _found in suspects], clocks or {})
    rank, found = next((one for one in suspects if first and one[0] is first[0]), min(suspects, key=_by_default))
    others = [one for one in suspects if one[0] is not rank]
    text = " ".join(
        filter(None, (f"{_who(rank, job_name)} {found.text}", _of_others(found, others, first is not None)))
    )
    return Diagnosis(found.kind, rank.host, rank.rank, text, found.retryable)


def why_failed(rank: Rank, job_name: str, context: JobContext) -> Diagnosis:
    """Return why a single rank failed or is unreachable."""
    found = evidence_of(bounded(rank), context) or Evidence(SILENT, "unknown", "is not known to have failed.")
    return Diagnosis(found.kind, rank.host, rank.rank, f"{_who(rank, job_name)} {found.text}", found.retryable)


def _of_all(ranks: Sequence[Rank], known: Sequence[RankEvidence]) -> list[RankEvidence]:
    """Return evidence that only shows when the ranks are compared."""
    if any(found.weight < HELD_UP for _rank, found in known):
        return []
    found: list[RankEvidence] = []
    waiting = [rank for rank in ranks if timed_out_waiting(rank)]
    busy = [rank for rank in ranks if preprocesses(rank) and not rank.unseen]
    at_work = [rank for rank in busy if rank not in waiting] or (busy if len(busy) < len(ranks) else [])
    if waiting and at_work:
        text = f"still prepared the data set when the others gave up waiting for it. {_WAIT_ADVICE}"
        found.append((at_work[0], Evidence(HELD_UP, "preprocessing", text)))
    absent = [rank for rank in ranks if rank.state == RUNNING and not rank.unseen and rank not in waiting]
    if waiting and not found and len(absent) == 1:
        text = (
            "did not take part in what the others waited for until they gave up; it still runs. Where it only needs "
            "longer, raise ddp_timeout (seconds) in trainer_launch_job_config."
        )
        found.append((absent[0], Evidence(HELD_UP + 1, "left_behind", text)))
    for rank in ranks:
        if ended_early(rank):
            text = (
                "ended with success while the others still trained, and so they lost it: it has less to do than they "
                "have, as with data that does not divide evenly among the ranks."
            )
            found.append((rank, Evidence(EARLY, "ended_early", text)))
    return found


def _by_default(one: RankEvidence) -> tuple[int, float, int]:
    rank, found = one
    return found.weight, rank.ended if rank.ended is not None else float("inf"), rank.rank


def _of_others(found: Evidence, others: Sequence[RankEvidence], is_first: bool) -> str:
    """Return a sentence on the ranks that may be the cause as well."""
    if not others:
        return ""
    if found.weight == FOLLOWED:
        return "(It ended first.)" if is_first else "(Which rank was gone first is not known.)"
    names = ", ".join(f"rank {rank.rank} on host {rank.host}" for rank, _found in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    later = ", after it" if is_first else ""
    if all(other.kind == found.kind for _rank, other in others):
        return f"(So did {names}{more}{later}.)"
    return f"({names[0].upper()}{names[1:]}{more} failed too{later}.)"


def _who(rank: Rank, job_name: str) -> str:
    return f"Rank {rank.rank} of job {job_name} on host {rank.host}"


def notices(
    ranks: Sequence[Rank], job_name: str, context: JobContext, unseen_after: float, silent_after: float
) -> list[Diagnosis]:
    """Return what to warn of while the job goes on."""
    found = [
        finding
        for rank in ranks
        if rank.state == RUNNING
        for finding in [_notice(rank, job_name, context, unseen_after)]
        if finding
    ]
    silent = silent_ranks(ranks, silent_after)
    return found + [_silent(rank, job_name) for rank in silent[:1]]


def gpu_notices(ranks: Sequence[Rank], job_name: str) -> list[Diagnosis]:
    """Return what is wrong with the GPUs of all ranks, also of those that have just ended."""
    return [
        Diagnosis(
            one.kind, rank.host, rank.rank, f"{_who(rank, job_name)}: {problem_sentence(one)}", False, one.subject
        )
        for rank in ranks
        if not rank.unseen
        for one in job_problems(rank.gpu)
    ]


def silent_ranks(ranks: Sequence[Rank], silent_after: float) -> list[Rank]:
    """Return all running ranks, the longest silent one first, where all have been silent for ``silent_after`` seconds.

    Only one rank reports the trainer's progress, so that the silence of a single one is normal.
    """
    running = [rank for rank in ranks if rank.state == RUNNING and not rank.unseen]
    if not silent_after or not running or any(rank.silent_seconds <= silent_after for rank in running):
        return []
    return sorted(running, key=lambda rank: -rank.silent_seconds)


def _notice(rank: Rank, job_name: str, context: JobContext, unseen_after: float) -> Diagnosis | None:
    who = _who(rank, job_name)
    if rank.unseen:
        text = f"{who} is unreachable: {silence_of_host(rank)}."
        return Diagnosis("host_gone", rank.host, rank.rank, text, True) if rank.unseen > unseen_after else None
    held_up = held_up_by(rank)
    if held_up:
        return Diagnosis(held_up.kind, rank.host, rank.rank, f"{who} {held_up.text}")
    cause = read_symptom(bounded(rank).last_lines, context) if rank.progress.get("step") is None else None
    if cause:
        text = f"{who} makes no progress: {cause.sentence}. {cause.advice}"
        return Diagnosis(cause.kind, rank.host, rank.rank, text)
    return None


def _silent(rank: Rank, job_name: str) -> Diagnosis:
    text = (
        f"No rank of job {job_name} has printed anything or made a step for {rank.silent_seconds:.0f} s; it may hang."
    )
    return Diagnosis("silent", rank.host, rank.rank, text)
