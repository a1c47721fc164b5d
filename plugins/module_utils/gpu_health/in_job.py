# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what an agent saw of the GPUs of a running job -> what is wrong with them, and what may have ended it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import NOT_IN_TABLE, xid_in_words
from .problem import Facts, label
from .state import MORE_EXACT, SLOWDOWNS
from .xids import CONTAINED, OFF_THE_BUS, REPEATED, RESTART

XID, SLOW, LOST, UNREAD, DENIED = "gpu_xid", "gpu_slow", "gpu_lost", "gpu_unread", "gpu_denied"
# The known fault of containers that have their GPUs by the hook of NVIDIA's legacy runtime.
DENIAL = (
    "its container may not open its GPUs any more, and the host still has them: systemd has applied its own rules for "
    "devices, without those of the GPUs, as after systemctl daemon-reload or an update of packages",
    "Start the container anew (docker restart), and the job. Let it have its GPUs by CDI, as the containers of "
    "playbooks/train.yml have, with runc 1.1.7 or newer: systemd knows these.",
)


@dataclass(frozen=True)
class JobGpuProblem:
    """``subject`` is what it is about, the same for the same problem; ``tag`` are few words for a record.

    ``ends_job`` is whether a process on the GPU cannot go on, ``is_lost`` whether no process can use the GPU at all.
    ``time`` is when it was seen last, in seconds of the epoch by the host's clock, or None. ``retryable`` is whether
    the job can go on with this GPU when it is started again.
    """

    kind: str
    subject: str
    tag: str
    found: str
    remedy: str
    time: float | None = None
    ends_job: bool = False
    is_lost: bool = False
    retryable: bool = False


def job_problems(seen: Facts) -> list[JobGpuProblem]:
    """Return the problems; ``seen`` is what C(module_utils.gpu.watch) has found, empty where there is none."""
    return [*_gone(seen), *_denied(seen), *_xids(seen), *_slowdowns(seen), *_unread(seen)]


def problem_sentence(problem: JobGpuProblem) -> str:
    return f"{problem.found}. {problem.remedy}"


def _gone(seen: Facts) -> Iterator[JobGpuProblem]:
    for gpu in seen.get("gone", ()):
        found = f"{label(gpu)}: gone since the job began: it is no longer on the bus, or nvidia-smi does not list it"
        yield JobGpuProblem(LOST, str(gpu["uuid"]), "gone", found, RESTART, ends_job=True, is_lost=True)


def _denied(seen: Facts) -> Iterator[JobGpuProblem]:
    """What has opened its GPU before goes on; another process fails with NVML's "Unknown Error"."""
    since = seen.get("denied")
    if since:
        yield JobGpuProblem(DENIED, "container", "denied", *DENIAL, since, ends_job=True)


def _xids(seen: Facts) -> Iterator[JobGpuProblem]:
    facts = {"gpus": seen.get("gpus", ())}
    for entry in seen.get("xids", ()):
        if entry["number"] in REPEATED:
            continue
        xid, found = xid_in_words(facts, entry)
        yield JobGpuProblem(
            XID,
            f"{entry['pci_address']} {entry['number']}",
            f"Xid {entry['number']}",
            found,
            xid.remedy if xid else NOT_IN_TABLE,
            entry["time"],
            ends_job=bool(xid and xid.ends_processes),
            is_lost=entry["number"] == OFF_THE_BUS,
            retryable=entry["number"] == CONTAINED,
        )


def _slowdowns(seen: Facts) -> Iterator[JobGpuProblem]:
    slow: Sequence[Mapping[str, Any]] = seen.get("slowdowns", ())
    exact = {one["uuid"] for one in slow if one["reason"] in MORE_EXACT}
    for one in slow:
        if one["reason"] not in SLOWDOWNS or (one["reason"] == "hw_slowdown" and one["uuid"] in exact):
            continue
        _severity, what, remedy = SLOWDOWNS[one["reason"]]
        heat = f" ({one['temperature_celsius']} °C)" if one["temperature_celsius"] is not None else ""
        found = f"{label(one)}: {what}{heat}"
        yield JobGpuProblem(SLOW, f"{one['uuid']} {one['reason']}", one["reason"], found, remedy, one["last"])


def _unread(seen: Facts) -> Iterator[JobGpuProblem]:
    for text in seen.get("problems", ()):
        remedy = "See on the host why; the job itself is not touched by it."
        yield JobGpuProblem(UNREAD, text, "unread", text.rstrip("."), remedy)


def tags(seen: Facts) -> list[dict[str, Any]]:
    """Return the problems as a record keeps them: the GPU by its address or UUID, and what it has."""
    return [{"gpu": one.subject.partition(" ")[0], "what": one.tag} for one in job_problems(seen) if one.kind != UNREAD]
