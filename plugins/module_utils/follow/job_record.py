# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what is kept of a job on the controller, when it is started and when it has ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..gpu_health.in_job import job_problems, problem_sentence
from ..job.plan import (
    ABSENT,
    FAILED,
    LOST,
    RUNNING,
    STOPPED,
    SUCCEEDED,
)
from ..progress.steps import Divergence, count_of, without_nan
from ..trainer.placement import TORCHRUN_ELASTIC
from .attempts import attempt_of, with_attempt, without_progress
from .divergence import as_data, first_divergence, sentence
from .restarts import restarts, starts_again

SCHEMA = 1
LABELS = "io.distrain."
# What the caller says of the whole job.
SAID = ("name", "trainer", "launcher", "settings", "environment", "network", "collection_version", "plan")

# What is measured of checkpoints.
SAVING = ("checkpoint_seconds", "checkpoint_every")

Seen = Mapping[str, Any]


@dataclass(frozen=True)
class End:
    """What was found while a job was followed: the message where it failed, and sentences about its GPUs."""

    failure: str = ""
    gpu_problems: Sequence[str] = ()


NO_END = End()


def record_of(
    said: Mapping[str, Any],
    ranks: Sequence[Mapping[str, Any]],
    seen: Mapping[str, Seen],
    kept: Mapping[str, Any],
    secrets: Iterable[str] = (),
    end: End = NO_END,
) -> dict[str, Any]:
    """The whole record of a job, as JSON can hold it. The ``secrets`` are left out of the environment by their names.

    ``kept`` is the record that is there, ``end`` what was found while the job was followed. Where ``said`` has
    C(is_restart), the attempts before belong to the same run.
    """
    environment = {name: value for name, value in said["environment"].items() if name not in secrets}
    described = describe({**said, "environment": environment}, ranks, seen)
    if said.get("is_restart"):
        described |= {"attempts": kept.get("attempts") or [], "results": _saving(kept)}
    record = of_attempt(described, kept)
    return closed(record, {host: one.get("job") for host, one in seen.items()}, end)


def closed(record: Mapping[str, Any], jobs: Mapping[str, Seen | None], end: End = NO_END) -> dict[str, Any]:
    """What C(close) returns, as JSON can hold it, whatever stands in the settings."""
    return dict(without_nan(close(record, jobs, end)))


def describe(said: Mapping[str, Any], ranks: Sequence[Mapping[str, Any]], seen: Mapping[str, Seen]) -> dict[str, Any]:
    """A job as it runs; ``seen`` has for each host its C(job), C(container), C(image) and C(facts), as far as known."""
    jobs = [seen[rank["host"]].get("job") or {} for rank in ranks]
    image = seen[ranks[0]["host"]].get("image") or {}
    return {
        "schema": SCHEMA,
        **{key: said[key] for key in SAID},
        "attempt": _first(job.get("attempt") for job in jobs),
        "outcome": RUNNING,
        "message": "",
        "began": _first(job.get("started") for job in jobs),
        "ended": None,
        "command": jobs[0].get("command") or [],
        "image": {
            "name": said["image_name"],
            "layers_digest": layers_digest(image.get("layers") or []),
            "labels": _our_labels(image.get("labels") or {}),
        },
        "hosts": [_host(rank, seen[rank["host"]]) for rank in ranks],
        "restarts": said.get("restarts") or restarts({}, 0, 0),
        "attempts": [],
        "warnings": [],
        "results": {},
    }


def of_attempt(described: Mapping[str, Any], kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was written down when this attempt began, where it was: the plan may be another by now, the job is not.

    Of its restarts the most that is known: a run that follows the job again has not counted those before.
    """
    if not kept.get("attempt") or kept["attempt"] != described["attempt"]:
        return described
    made = [count_of((one or {}).get("done")) or 0 for one in (kept.get("restarts"), described.get("restarts"))]
    return {**kept, "restarts": {**(described.get("restarts") or {}), "done": max(made)}}


def close(record: Mapping[str, Any], jobs: Mapping[str, Seen | None], end: End = NO_END) -> dict[str, Any]:
    """Return the record with the outcome of the job; None is a host that does not answer.

    A record of another attempt is left as it is.
    """
    mine = {host: jobs.get(host) for host in (one["host"] for one in record.get("hosts", []))}
    known = {host: job for host, job in mine.items() if job and job.get("state") != ABSENT}
    if not known or any(job.get("attempt") != record.get("attempt") for job in known.values()):
        return dict(record)
    deciding = _deciding(record, mine)
    outcome = _outcome([job["state"] for job in deciding.values() if job], None in deciding.values(), end.failure)
    ended = [job["ended"] for job in known.values() if job.get("ended")]
    return {
        **record,
        "outcome": outcome,
        "message": end.failure or _message(outcome, known) or _message_without(mine, deciding),
        "ended": None if outcome == RUNNING else max(ended, default=None),
        "warnings": _warnings(record, known, end),
        "results": {**_saving(record), **_results(known)},
    }


def after_attempt(
    record: Mapping[str, Any], outcome: Mapping[str, Any], checkpoints: Mapping[str, Any], done: int, allowed: int
) -> tuple[dict[str, Any], bool]:
    """Return the record at the end of an attempt, and whether the job is started again.

    ``outcome``, ``done`` and ``allowed`` are as for C(restarts.restarts); ``checkpoints`` is the result of
    C(trainer_checkpoint_info), empty where it could not be had.
    """
    measured = {name: value for name, value in (checkpoints.get("saving") or {}).items() if value is not None}
    record = {**record, "results": {**(record.get("results") or {}), **measured}}
    if outcome.get("outcome") != FAILED:
        return record, False
    attempts = with_attempt(record.get("attempts") or [], attempt_of(record, outcome, checkpoints.get("newest")))
    loop = without_progress(attempts)
    made = max(done, count_of((record.get("restarts") or {}).get("done")) or 0)
    whole = {**record, "attempts": attempts, "restarts": restarts(outcome, made, allowed, loop)}
    return whole, starts_again(outcome, done, allowed, loop)


def _saving(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an attempt before has measured of its checkpoints."""
    results = record.get("results") or {}
    return {name: results[name] for name in SAVING if results.get(name) is not None}


def _warnings(record: Mapping[str, Any], jobs: Mapping[str, Seen], end: End) -> list[str]:
    """Return sentences on a divergence and on GPUs; of a job that had ended before, those known already."""
    found = _divergence(jobs)
    divergence = [sentence(found)] if found else []
    kept = record.get("warnings") or [] if record.get("outcome") != RUNNING else []
    known = [one for one in kept if one not in divergence]
    return [*divergence, *(end.gpu_problems or known or _gpu_warnings(jobs))]


def _gpu_warnings(jobs: Mapping[str, Seen]) -> list[str]:
    """What the hosts say of GPUs, where nobody has followed the job."""
    return [
        f"Rank {job['rank']} on host {host}: {problem_sentence(one)}"
        for host, job in jobs.items()
        for one in job_problems(job.get("gpu") or {})
    ]


def _divergence(jobs: Mapping[str, Seen]) -> Divergence | None:
    return first_divergence((job.get("progress") or {}, job["state"]) for job in jobs.values())


def layers_digest(layers: Sequence[str]) -> str | None:
    """Of the diff IDs of the layers, the lowest first; the same for the same layers in either image store."""
    return "sha256:" + hashlib.sha256("\n".join(layers).encode()).hexdigest() if layers else None


def _host(rank: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    facts, container = seen.get("facts") or {}, seen.get("container") or {}
    return {
        "host": rank["host"],
        "rank": rank["rank"],
        "processes": rank["processes"],
        "container": rank["container"],
        "image_id": container.get("image_id"),
        "engine": (facts.get("engine") or {}).get("version"),
        "kernel": facts.get("kernel"),
        "driver": facts.get("gpu_driver"),
        "gpus": len(facts.get("gpus") or []),
        "interface": (seen.get("job") or {}).get("interface"),
    }


def _deciding(record: Mapping[str, Any], jobs: Mapping[str, Seen | None]) -> Mapping[str, Seen | None]:
    """Those that decide the outcome: an elastic job that its first rank has brought to its end needed no other."""
    first = record["hosts"][0]["host"]
    done = record.get("launcher") == TORCHRUN_ELASTIC and (jobs.get(first) or {}).get("state") == SUCCEEDED
    return {first: jobs[first]} if done else jobs


def _message_without(jobs: Mapping[str, Seen | None], deciding: Mapping[str, Seen | None]) -> str:
    missing = [host for host, job in jobs.items() if host not in deciding and (job or {}).get("state") != SUCCEEDED]
    return f"It has ended without {', '.join(missing)}." if missing else ""


def _outcome(states: Sequence[str], has_unseen: bool, failure: str) -> str:
    if RUNNING in states:
        return RUNNING
    if failure or FAILED in states or LOST in states:
        return FAILED
    if has_unseen:
        return RUNNING
    return SUCCEEDED if set(states) == {SUCCEEDED} else STOPPED


def _message(outcome: str, jobs: Mapping[str, Seen]) -> str:
    if outcome == STOPPED:
        return "It was stopped."
    if outcome != FAILED:
        return ""
    host, job = next((host, job) for host, job in jobs.items() if job["state"] in (FAILED, LOST))
    how = f"ended with exit code {job['exit_code']}" if job["state"] == FAILED else "is gone without an exit code"
    return f"Rank {job['rank']} on host {host} {how}."


def _results(jobs: Mapping[str, Seen]) -> dict[str, Any]:
    progress: Seen = next((job["progress"] for job in jobs.values() if job.get("progress")), {})
    spans = [job["ended"] - job["started"] for job in jobs.values() if job.get("ended") and job.get("started")]
    return {
        "world_size": _first(job.get("world_size") for job in jobs.values()),
        "first_loss": progress.get("first_loss"),
        "last_loss": progress.get("loss"),
        "last_grad_norm": progress.get("grad_norm"),
        "diverged": as_data(_divergence(jobs)),
        "steps": progress.get("step"),
        "steps_per_second": progress.get("steps_per_second"),
        "samples_per_step": progress.get("samples_per_step"),
        "seconds": round(max(spans), 1) if spans else None,
    }


def _our_labels(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name.startswith(LABELS)}


def _first(values: Any) -> Any:
    return next((value for value in values if value is not None), None)
