# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole site on a lab with the GPUs of this machine, offline; what it showed is in artifacts/rehearse-gpu."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tests.faults.lab import LabError
from tests.faults.play import Outcome, read_outcome
from tests.rehearse import machine
from tests.rehearse.failures import FAILURES, Failure

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ARTIFACTS = ROOT / "artifacts" / "rehearse-gpu"
INVENTORY = ARTIFACTS / "inventory"
NAME, NUMBER = "rehearse", 30
IMAGE = "distrain-lab/cuda:machine"
OUTPUT = "/var/lib/distrain/trainers/llama-factory/output"
# A rank's own process; that of torchrun above it begins otherwise.
RANK = "python[0-9.]* -u -m llamafactory"
SOCKETS = ("/var/run/docker.sock", "/run/distrain-lab/docker.sock")


@dataclass(frozen=True)
class Row:
    step: str
    seconds: float
    is_good: bool
    seen: str


@dataclass
class Rehearsal:
    """``gpus`` in all, on ``hosts`` hosts."""

    gpus: int
    hosts: int
    base_archive: str
    rows: list[Row] = field(default_factory=list)

    def step(self, name: str, act: Callable[[], str]) -> bool:
        """Do it, and note how long it took and what was seen; a step that fails is noted too."""
        print(f"\n==> {name}", flush=True)
        start = time.monotonic()
        try:
            seen, is_good = act(), True
        except LabError as error:
            seen, is_good = str(error), False
            print(seen, flush=True)
        self.rows.append(Row(name, time.monotonic() - start, is_good, seen))
        return is_good

    @property
    def last_host(self) -> str:
        return f"gpu-{self.hosts:02d}"


def main() -> int:
    rehearsal = parse()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    try:
        # What follows needs what comes before.
        if all(rehearsal.step(name, act) for name, act in foundation(rehearsal).items()):
            for name, act in proofs(rehearsal).items():
                rehearsal.step(name, act)
    finally:
        write(rehearsal)
    return 0 if all(row.is_good for row in rehearsal.rows) else 1


def parse() -> Rehearsal:
    parser = argparse.ArgumentParser(prog="make rehearse-gpu", description=__doc__)
    parser.add_argument(
        "--gpus", type=int, default=machine.count_gpus(), help="how many of this machine's; all by default"
    )
    parser.add_argument(
        "--hosts",
        type=int,
        default=0,
        help="how many, more than GPUs too, which they share; as many as needed by default",
    )
    parser.add_argument("--gpus-per-host", type=int, default=1, help="how many a host has at most; 1 by default")
    parser.add_argument(
        "--base", default="", help="an archive of a CUDA image with torch; else this machine's software"
    )
    given = parser.parse_args()
    if given.gpus < 1:
        parser.error("This machine has no GPU of NVIDIA's: there is no /dev/nvidia0. make demo needs none.")
    return Rehearsal(given.gpus, given.hosts or -(-given.gpus // given.gpus_per_host), given.base)


def foundation(rehearsal: Rehearsal) -> Mapping[str, Callable[[], str]]:
    return {
        "A lab of hosts with GPUs": lambda: make_lab(rehearsal),
        "The trainer's base image": lambda: base_image(rehearsal),
        "site.yml on bare engines": lambda: play("site", rehearsal, "site"),
    }


def proofs(rehearsal: Rehearsal) -> Mapping[str, Callable[[], str]]:
    check = {"network_check.yml with its tunings": lambda: network_check(rehearsal)} if rehearsal.hosts > 1 else {}
    return {
        "site.yml again": lambda: again(rehearsal),
        **check,
        "A rank killed, and the job resumed": lambda: killed(rehearsal),
        **{failure.name: partial(refused, rehearsal, failure) for failure in FAILURES},
        "status.yml": lambda: play("status", rehearsal, "status"),
        "report.yml": lambda: play("report", rehearsal, "report"),
    }


def make_lab(rehearsal: Rehearsal) -> str:
    variables = {
        **{"lab_name": NAME, "lab_number": NUMBER, "lab_warm": True, "lab_trainer": False},
        **{"lab_hosts": rehearsal.hosts, "lab_gpus": rehearsal.gpus, "lab_gpus_shared": True},
        **{"lab_toolkit_stand_in": True},
        **{"lab_inventory_directory": str(INVENTORY), "lab_group_vars_directory": str(HERE / "group_vars")},
    }
    stream(["lab", f"--extra-vars={json.dumps(variables)}"], "lab")
    run([sys.executable, str(ROOT / "roles/lab/files/make_trainer_assets.py"), "/var/lib/distrain-lab/assets"])
    listed = [f"{host}: {run([*inside(host), 'nvidia-smi', '-L'])}" for host in hosts(rehearsal)]
    return "; ".join(" ".join(one.split()) for one in listed)


def base_image(rehearsal: Rehearsal) -> str:
    if rehearsal.base_archive:
        return f"from {rehearsal.base_archive}"
    docker = [*inside("gpu-01", "--interactive"), "docker"]
    root, path, versions = machine.root_with_torch()
    if IMAGE not in run([*docker, "images", "--format={{.Repository}}:{{.Tag}}"]).splitlines():
        machine.import_root(root, path, docker, IMAGE)
    size = int(run([*docker, "inspect", "--format={{.Size}}", IMAGE]))
    return f"{size / 1e9:.2f} GB of this machine's own file system, torch and CUDA {versions}"


def again(rehearsal: Rehearsal) -> str:
    outcome = ask("site", rehearsal, "site-again")
    if outcome.failed or outcome.changed:
        raise LabError(f"changed={outcome.changed} {outcome.said}")
    return "changed=0"


def network_check(rehearsal: Rehearsal) -> str:
    said = play("network_check", rehearsal, "network_check")
    results = sorted(ARTIFACTS.rglob("network-check*.json")) + sorted(ARTIFACTS.rglob("network_check*.json"))
    return f"{said} {', '.join(str(path.relative_to(ARTIFACTS)) for path in results)}".strip()


def killed(rehearsal: Rehearsal) -> str:
    """Kill the newest rank of the last host once there is a checkpoint, and see the job through to its end."""
    job = "killed"
    settings: dict[str, Any] = {"max_steps": 1500, "save_steps": 100, "logging_steps": 5}
    given = yaml.safe_load((HERE / "group_vars/all/trainer_launch.yml").read_text())["trainer_launch_job_config"]
    variables = {"trainer_launch_job_name": job, "trainer_launch_max_restarts": 1}
    variables["trainer_launch_job_config"] = {**given, **settings}
    at: list[float] = []
    killer = threading.Thread(target=kill_a_rank, args=(rehearsal.last_host, job, at), daemon=True)
    killer.start()
    start = time.monotonic()
    said = play("train", rehearsal, "killed", variables)
    if not at:
        raise LabError("The job ended before it had a checkpoint, so that no rank was killed.")
    return f"killed after {at[0] - start:.0f} s; {said}"


def kill_a_rank(host: str, job: str, at: list[float]) -> None:
    """Wait for the job's first whole checkpoint on the first host, which saves; note the time of the kill."""
    saved = [*inside("gpu-01"), "sh", "-c", f"ls {OUTPUT}/{job}/checkpoint-*/trainer_state.json"]
    kill = [*inside(host), "pkill", "-KILL", "-n", "-f", RANK]
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        if all(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in (saved, kill)):
            at.append(time.monotonic())
            return
        time.sleep(0.5)


def play(playbook: str, rehearsal: Rehearsal, log: str, variables: Mapping[str, Any] | None = None) -> str:
    """Run a playbook of the collection on the lab; return the last line that it printed."""
    return stream([playbook, *arguments(rehearsal, variables or {})], log)


def refused(rehearsal: Rehearsal, failure: Failure) -> str:
    """Run a job that must fail; return its error."""
    outcome = ask("train", rehearsal, failure.name, failure.variables_of_job())
    said = " ".join(outcome.said.split())
    if not outcome.failed or failure.says not in said:
        raise LabError(f"expected an error with {failure.says!r}, got {said or 'none'}")
    return said


def ask(playbook: str, rehearsal: Rehearsal, log: str, variables: Mapping[str, Any] | None = None) -> Outcome:
    """Run a playbook for what it changed and its error, and print neither."""
    start = time.monotonic()
    environment = {**machine.environment(ROOT), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    command = ansible([playbook, *arguments(rehearsal, variables or {})])
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    (ARTIFACTS / f"{log}.json").write_text(done.stdout)
    return read_outcome(done.returncode, done.stdout, done.stderr, time.monotonic() - start)


def arguments(rehearsal: Rehearsal, variables: Mapping[str, Any]) -> list[str]:
    lines = (HERE / "gpu-requirements.txt").read_text().splitlines()
    requirements = [line for line in lines if line and not line.startswith("#")]
    given = {"rehearse_requirements": requirements, "rehearse_base_archive": rehearsal.base_archive, **variables}
    return [f"--inventory={INVENTORY}", f"--extra-vars={json.dumps(given)}"]


def stream(arguments: list[str], log: str) -> str:
    last = ""
    with (
        (ARTIFACTS / f"{log}.log").open("w") as file,
        subprocess.Popen(
            ansible(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=machine.environment(ROOT),
            cwd=ROOT,
        ) as running,
    ):
        for line in running.stdout or ():
            print(line, end="", flush=True)
            file.write(line)
            last = line.strip() or last
    if running.returncode:
        raise LabError(last)
    return last


def ansible(arguments: list[str]) -> list[str]:
    playbook, *others = arguments
    return [str(Path(sys.executable).with_name("ansible-playbook")), str(ROOT / f"playbooks/{playbook}.yml"), *others]


def hosts(rehearsal: Rehearsal) -> list[str]:
    return [f"gpu-{number:02d}" for number in range(1, rehearsal.hosts + 1)]


def inside(host: str, *options: str) -> list[str]:
    """The command that runs another inside a lab host, by the engine that carries it."""
    for socket in SOCKETS:
        docker = ["docker", f"--host=unix://{socket}"]
        container = f"distrain-{NAME}-{host}"
        if (
            Path(socket).exists()
            and not subprocess.run([*docker, "inspect", container], capture_output=True, check=False).returncode
        ):
            return [*docker, "exec", *options, container]
    raise LabError(f"No engine on this machine carries {host} of the lab {NAME}.")


def run(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {(done.stdout + done.stderr).strip()}")
    return done.stdout.strip()


def write(rehearsal: Rehearsal) -> None:
    head = f"{rehearsal.gpus} GPUs on {rehearsal.hosts} hosts"
    lines = [f"{'good':4}  {'seconds':>7}  step"]
    for row in rehearsal.rows:
        seen = " ".join(row.seen.split())
        lines.append(f"{'yes' if row.is_good else 'NO':4}  {row.seconds:7.1f}  {row.step}: {seen}")
    table = "\n".join([head, *lines])
    (ARTIFACTS / "table.txt").write_text(f"{table}\n")
    (ARTIFACTS / "table.json").write_text(json.dumps([vars(row) for row in rehearsal.rows], indent=2) + "\n")
    print(f"\n{table}\nAll of it is in {ARTIFACTS}.")


if __name__ == "__main__":
    sys.exit(main())
