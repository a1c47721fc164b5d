# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show the jobs of all hosts as a table, one line for each job, and the end of each log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import clock_time
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import without_page
from ansible_collections.distrain.cluster.plugins.module_utils.base.printable import printable
from ansible_collections.distrain.cluster.plugins.module_utils.base.sizes import in_words
from ansible_collections.distrain.cluster.plugins.module_utils.follow.divergence import as_data, first_divergence
from ansible_collections.distrain.cluster.plugins.module_utils.follow.restarts import recorded
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.in_job import job_problems, problem_sentence
from ansible_collections.distrain.cluster.plugins.module_utils.job.plan import FAILED, LOST, RUNNING, STOPPED, SUCCEEDED
from ansible_collections.distrain.cluster.plugins.module_utils.job.throughput import rate_words
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.phases import BEGINNING, OVER
from ansible_collections.distrain.cluster.plugins.module_utils.progress.steps import (
    divergence,
    grad_norm_words,
    loss_words,
)
from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines

from ..job.reliability import Reliability
from ..job.save_interval import Saving, advice

HEADING = ("job", "host", "rank", "state", "step", "loss", "grad norm", "rate", "left", "busy", "memory", "silent")
WORST_FIRST = (FAILED, LOST, RUNNING, STOPPED, SUCCEEDED)
NOTHING = "-"

Answer = Mapping[str, Any]
Row = Mapping[str, Any]


def status(
    trainer: str,
    answers: Mapping[str, Answer],
    records: Mapping[str, Mapping[str, Any]] | None = None,
    known: Reliability | None = None,
    keepers: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return C(rows), C(unseen), C(table) and C(summary).

    ``answers`` are by host; one without C(jobs) has the reason in C(msg). ``records`` are the controller's records of
    jobs, by the jobs' names, and ``known`` is how often the cluster's jobs have failed. ``keepers`` have for each job
    that is kept the keeper's C(host), whether its service is C(active), the managers that are C(next), and the C(state)
    of the job.
    """
    silent = {host: _why(answer) for host, answer in answers.items() if "jobs" not in answer}
    jobs: dict[str, list[dict[str, Any]]] = {}
    for host, answer in answers.items():
        for job in answer.get("jobs", ()):
            jobs.setdefault(job["name"], []).append({**job, "host": host})
    newest = {name: _of_newest_attempt(jobs[name]) for name in _running_first(jobs)}
    rows = [row for some in newest.values() for row in some]
    notes = {name: _notes(some, (records or {}).get(name) or {}) for name, some in newest.items()}
    if keepers is not None:
        # A host that does not answer may be the keeper.
        for name, some in newest.items():
            notes[name] += _kept_notes(some, keepers.get(name), bool(silent))
    lines = [f"{name} {note}" for name, some in notes.items() for note in some]
    lines += [
        f"{name}: {_saving(some, known)}" for name, some in newest.items() if known and _is_of_interest(some, newest)
    ]
    return {
        "rows": [_as_data(row) for row in rows],
        "unseen": silent,
        "table": [*_table(rows), *lines, *(f"{host} did not answer: {why}" for host, why in silent.items())],
        "summary": _summaries(trainer, newest, notes, answers, silent),
    }


def _notes(rows: Sequence[Row], record: Mapping[str, Any]) -> list[str]:
    """Return notes on a divergence of the training, on restarts and on GPUs."""
    diverged = first_divergence((row["progress"], row["state"]) for row in rows)
    restarts = recorded(record, _worst(rows)) if record.get("attempt") == rows[0]["attempt"] else ""
    return [f"has {diverged}"] * bool(diverged) + [f"was {restarts}"] * bool(restarts) + _gpu_notes(rows)


def _kept_notes(rows: Sequence[Row], keeper: Mapping[str, Any] | None, may_be_unseen: bool) -> list[str]:
    """Return who keeps a job that runs or is about to, and why one that has failed did."""
    state = (keeper or {}).get("state") or {}
    is_of_another = state.get("attempt") != rows[0]["attempt"] and state.get("phase") == OVER
    if keeper is None or is_of_another:
        is_alone = _worst(rows) == RUNNING and not may_be_unseen
        return ["is kept by nobody: run playbooks/train.yml"] if is_alone else []
    outcome = state.get("outcome") or {}
    if state.get("phase") == OVER:
        failure = printable(" ".join(str(outcome.get("msg") or "").split()))
        return [f"is over: {failure}", *_checkpoint_notes(state)] if failure else []
    if keeper["active"] is None and keeper["next"]:
        return [
            f"was kept by {keeper['host']}, which does not answer: {' or '.join(keeper['next'])} goes on to keep it"
        ]
    if not keeper["active"]:
        what = "does not answer" if keeper["active"] is None else "does not run"
        return [f"is kept by nobody: distrain-keeper.service on {keeper['host']} {what}"]
    again = ", which starts it now" if state.get("phase") == BEGINNING else ""
    return [f"is kept by {keeper['host']}{again}", *_checkpoint_notes(state)]


def _checkpoint_notes(state: Mapping[str, Any]) -> list[str]:
    """Return which checkpoint was seen whole last, and where it lies."""
    known = state.get("checkpoints") or {}
    whole = printable(str(known.get("whole") or ""))
    if not whole:
        return []
    if not known.get("is_spread"):
        return [f"has {whole} whole"]
    copies = "and a copy of each on the next host" if known.get("copied") == whole else "without a copy of them"
    return [f"has {whole} whole, its parts on the disks of all hosts together, {copies}"]


def _gpu_notes(rows: Sequence[Row]) -> list[str]:
    """Return what is wrong with GPUs now, and what the kernel has written of them since the job began."""
    return [f"rank {row['rank']} on {row['host']}: {text}" for row in rows for text in _gpu_problems(row)]


def _gpu_problems(row: Row) -> list[str]:
    return [problem_sentence(one) for one in job_problems(row.get("gpu") or {})]


def _is_of_interest(rows: Sequence[Row], jobs: Mapping[str, Any]) -> bool:
    """Whether to say how often to save: of jobs that run, and of one that is the only one shown."""
    return len(jobs) == 1 or any(row["state"] == RUNNING for row in rows)


def _saving(rows: Sequence[Row], known: Reliability) -> str:
    """Return how often to save, by the first rank that has checkpoints and the first that shows its rate."""
    saved: Row = next((row for row in rows if row.get("checkpoint_seconds") is not None), {})
    progress: Row = next((row["progress"] for row in rows if row["progress"]), {})
    every, rate = saved.get("checkpoint_every"), progress.get("steps_per_second")
    return advice(Saving(saved.get("checkpoint_seconds"), every, rate, len(rows)), known).sentence


def log_lines(answers: Mapping[str, Answer], job_name: str, rank: int) -> list[str]:
    """Return the end of each rank's log under a heading; a negative ``rank`` stands for all."""
    lines: list[tuple[int, list[str]]] = []
    for host, answer in answers.items():
        if "jobs" not in answer:
            lines.append((10**6, [f"==> {host} did not answer: {_why(answer)}"]))
        for job in answer.get("jobs", ()):
            if job["name"] == job_name and rank in (job["rank"], min(rank, -1)):
                heading = f"==> {job_name}, rank {job['rank']} on {host}: {job['state']}"
                lines.append((job["rank"], [heading, *job["last_lines"]]))
    if not lines:
        whose = f"rank {rank} of job" if rank >= 0 else "job"
        return [f"No log of {whose} {job_name} is on {', '.join(answers)}."]
    return [line for _order, part in sorted(lines, key=lambda one: one[0]) for line in part]


def _why(answer: Answer) -> str:
    said = without_page(str(answer.get("msg") or "no answer")).removeprefix("Task failed: ")
    return printable(" ".join(said.split()))


def _running_first(jobs: Mapping[str, Sequence[Row]]) -> list[str]:
    def order(name: str) -> tuple[bool, float]:
        runs = any(row["state"] == RUNNING for row in jobs[name])
        return (not runs, -max(row["started"] or 0 for row in jobs[name]))

    return sorted(jobs, key=order)


def _of_newest_attempt(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the newest attempt by rank; a host that was left out since still reports an earlier one."""
    newest = max(rows, key=lambda row: row["started"] or 0)["attempt"]
    return sorted((row for row in rows if row["attempt"] == newest), key=lambda row: row["rank"] or 0)


def _as_data(row: Row) -> dict[str, Any]:
    progress = row["progress"]
    figures = ("step", "total", "loss", "grad_norm", "steps_per_second", "samples_per_second", "tokens_per_second")
    usage = ("cpu_percent", "memory_bytes", "gpu_percent", "gpu_memory_bytes")
    return {
        **{name: row[name] for name in ("name", "host", "rank", "state", "exit_code")},
        **{name: progress.get(name) for name in figures},
        "diverged": as_data(divergence(progress, row["state"] != RUNNING)),
        "remaining": progress.get("remaining_seconds") if row["state"] == RUNNING else None,
        **{name: row.get(name) for name in usage},
        "silent_seconds": round(row["silent_seconds"], 1) if row["state"] == RUNNING else None,
        "gpu_problems": _gpu_problems(row),
    }


def _table(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    cells = [HEADING, *(_cells(_as_data(row), row["progress"]) for row in rows)]
    return table_lines(cells)


def _cells(row: Row, progress: Mapping[str, Any]) -> tuple[str, ...]:
    failed = f"{row['state']} ({row['exit_code']})"
    return (
        row["name"],
        row["host"],
        NOTHING if row["rank"] is None else str(row["rank"]),
        failed if row["state"] == FAILED else row["state"],
        _step(row) or NOTHING,
        loss_words(progress) or NOTHING,
        grad_norm_words(progress) or NOTHING,
        rate_words(row) or NOTHING,
        _time(row["remaining"]) or NOTHING,
        _busy(row),
        _memory(row),
        _time(row["silent_seconds"]) or NOTHING,
    )


def _step(row: Row) -> str:
    if row["step"] is None:
        return ""
    return f"{row['step']}/{row['total']}" if row["total"] else str(row["step"])


def _time(seconds: float | None) -> str:
    return "" if seconds is None else clock_time(seconds)


def _busy(row: Row) -> str:
    if row["gpu_percent"] is not None:
        return f"gpu {row['gpu_percent']:.0f} %"
    return NOTHING if row["cpu_percent"] is None else f"cpu {row['cpu_percent']:.0f} %"


def _memory(row: Row) -> str:
    count = row["gpu_memory_bytes"] or row["memory_bytes"]
    return in_words(count) if count else NOTHING


def _summaries(
    trainer: str,
    jobs: Mapping[str, Sequence[Row]],
    notes: Mapping[str, Sequence[str]],
    answers: Mapping[str, Answer],
    silent: Mapping[str, str],
) -> list[str]:
    """Return one line for each job, or one line where there is none."""
    unseen = [f"no answer from {', '.join(silent)}"] if silent else []
    if not jobs:
        seen = [host for host in answers if host not in silent]
        return ["; ".join([f"{trainer}: no job is known on {', '.join(seen) or 'any host'}", *unseen])]
    return ["; ".join([_summary(trainer, rows), *notes[name], *unseen]) for name, rows in jobs.items()]


def _summary(trainer: str, rows: Sequence[Row]) -> str:
    states = [row["state"] for row in rows]
    worst = _worst(rows)
    row = next((one for one in rows if one["progress"]), None)
    parts = [worst]
    if row:
        data, loss, norm = _as_data(row), loss_words(row["progress"]), grad_norm_words(row["progress"])
        left = _time(data["remaining"])
        parts += [f"step {_step(data)}" if _step(data) else "", f"loss {loss}" if loss else ""]
        parts += [f"grad norm {norm}" if norm else "", rate_words(data), f"{left} left" if left else ""]
    whole = states.count(worst)
    parts += [f"{whole} of {len(states)} ranks {worst}" if whole != len(states) else f"ranks {len(states)}"]
    return f"{trainer} {rows[0]['name']}: " + ", ".join(part for part in parts if part)


def _worst(rows: Sequence[Row]) -> str:
    states = [str(row["state"]) for row in rows]
    return next((state for state in WORST_FIRST if state in states), states[0])
