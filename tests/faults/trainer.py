# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The trainer whose jobs break: a small image without torch on every host, and the program that they run."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.faults import lab
from tests.faults.play import Inventory, Play, ansible, environment

NAME = "faults"
IMAGE = "distrain-lab/trainer-base:bookworm"
# What is alike on all hosts before a job is started: the program and its data.
CODE, DATA = "/srv/faults/code", "/srv/faults/data"
PROGRAM = Path(__file__).with_name("training.py")
DIRECTORY = f"/var/lib/distrain/trainers/{NAME}"
ARTIFACTS = lab.ROOT / "artifacts" / lab.NAME / "jobs"
# The command as it stands in the trainer's containers; that of the runner above it begins otherwise.
PROCESS = "^python3 /app/code/training"
SAVE_EVERY = 5
LONG = "--steps=120"
VARIABLES: dict[str, Any] = {
    "fabric_measure": "never",
    "trainer_launch_name": NAME,
    "trainer_launch_image": IMAGE,
    "trainer_launch_volumes": [f"{CODE}:/app/code:ro", f"{DATA}:/app/data:ro", f"{DIRECTORY}/output:/app/output"],
    "trainer_launch_copies": [],
    "trainer_launch_parity_paths": [CODE, DATA],
    "trainer_launch_webui": False,
    "trainer_launch_job_config": {},
    "trainer_launch_job_interval": 2,
    "trainer_launch_job_grace": 6,
    "trainer_launch_job_stop_timeout": 5,
    "trainer_launch_artifacts_directory": str(ARTIFACTS),
}


def container(host: str) -> str:
    return f"{NAME}-{host}"


def rank(number: int, job: str) -> str:
    return f"Rank {number} of job {job} on host {lab.HOSTS[number]}"


def output(job: str) -> str:
    return f"{DIRECTORY}/output/{job}"


def command(job: str, *arguments: str) -> list[str]:
    return ["python3", "/app/code/training.py", f"--output=/app/output/{job}", f"--save-every={SAVE_EVERY}", *arguments]


def train(job: str, *arguments: str, inventory: Inventory | None = None, **others: Any) -> Play:
    """A run of playbooks/train.yml; ``others`` are variables of trainer_launch without that name before them."""
    asked = {f"trainer_launch_{name}": value for name, value in others.items()}
    own = {"trainer_launch_job_name": job, "trainer_launch_job_command": command(job, *arguments)}
    merged = {**VARIABLES, **own, **asked}
    # What is None is left to the inventory.
    return Play("train", {name: value for name, value in merged.items() if value is not None}, inventory)


def stop(job: str) -> Play:
    return Play("stop", {**VARIABLES, "trainer_launch_job_name": job})


def bring_up() -> None:
    """Give every host of the lab the image and the program."""
    lab.on_all(lambda host: lab.run_on(host, f"mkdir -p {CODE} {DATA} && echo 'one two three' >{DATA}/words.txt"))
    for host in lab.HOSTS:
        lab.docker("cp", str(PROGRAM), f"{lab.container(host)}:{CODE}/training.py")
    if not any(code for code, _said in lab.on_all(lambda host: lab.ask(host, f"docker inspect {IMAGE}")).values()):
        return
    playbook = str(Path(__file__).with_name("trainer_image.yml"))
    variables = f"lab_name={lab.NAME} lab_hosts={len(lab.HOSTS)} trainer_image={IMAGE}"
    run = [ansible("train")[0], playbook, f"--inventory={lab.INVENTORY / 'hosts.yml'}", f"--extra-vars={variables}"]
    done = subprocess.run(run, capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        raise lab.LabError(done.stdout + done.stderr)
