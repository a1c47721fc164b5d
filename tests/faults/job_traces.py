# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a job has left on the hosts of the lab and on the controller."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults import lab, trainer

# Whatever is in a container or not: every process of the host that was started for a job.
RUNNING = "grep -lsz '^DISTRAIN_JOB=' /proc/[0-9]*/environ | cut -d/ -f3"


def forget(job: str) -> None:
    """Nothing of an earlier run is to be taken for one of this."""
    kept = f"/var/lib/distrain/keeper/{trainer.NAME}/{job}"
    command = f"rm -rf {trainer.DIRECTORY}/control/{job} {trainer.DIRECTORY}/logs/{job} {trainer.output(job)} {kept}"
    lab.on_all(lambda host: lab.run_on(host, command))
    shutil.rmtree(trainer.ARTIFACTS / job, ignore_errors=True)


def processes(hosts: Sequence[str] = lab.HOSTS) -> dict[str, list[str]]:
    """By host, those that run for any job."""
    found = lab.on_all(lambda host: lab.ask(host, RUNNING)[1].split(), hosts)
    return {host: pids for host, pids in found.items() if pids}


def wait_until_none_runs(timeout: float) -> dict[str, list[str]]:
    deadline = time.monotonic() + timeout
    while (left := processes()) and time.monotonic() < deadline:
        time.sleep(1)
    return left


def kill(left: Mapping[str, Sequence[str]]) -> None:
    for host, pids in left.items():
        lab.ask(host, f"kill -KILL {' '.join(pids)}")


def record(job: str) -> dict[str, Any]:
    path = trainer.ARTIFACTS / job / "job.json"
    return json.loads(path.read_text()) if path.exists() else {}


def events(job: str) -> list[dict[str, Any]]:
    path = trainer.ARTIFACTS / job / "events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def fault_moment(job: str) -> float | None:
    """When the job's own program broke down first, as it wrote down."""
    answers = lab.on_all(lambda host: lab.ask(host, f"cat {trainer.output(job)}/fault")).values()
    return min((float(said.split()[0]) for code, said in answers if code == 0), default=None)


def steps(job: str) -> list[int]:
    """All that were made, in order; those that were made again stand there again."""
    code, said = lab.ask(lab.MANAGER, f"cat {trainer.output(job)}/trainer_log.jsonl")
    return [] if code else [json.loads(line)["current_steps"] for line in said.splitlines()]


def newest_checkpoint(job: str) -> int:
    """The step of the newest one that is whole, on the first rank."""
    _code, said = lab.ask(lab.MANAGER, f"ls {trainer.output(job)}/checkpoint-*/trainer_state.json")
    found = (Path(line).parent.name.partition("-")[2] for line in said.splitlines() if line.startswith("/"))
    return max((int(step) for step in found if step.isdigit()), default=0)
