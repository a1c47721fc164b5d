# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that must not be started at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults import lab
from tests.faults.job_case import JobCase
from tests.faults.play import Inventory
from tests.faults.steps import On
from tests.faults.trainer import CODE, DATA, IMAGE, LONG, command, stop, train

ONE, TWO, THREE = lab.HOSTS
KEPT = "distrain-lab/kept:1"
PLAIN = command("command-differs")
WEBUI: dict[str, Any] = {"webui": True, "webui_command": ["sleep", "infinity"], "webui_port": 7870}


def with_own(variable: str, values: Mapping[str, object]) -> Inventory:
    """Hosts with a value of their own for a variable of trainer_launch."""
    return Inventory(variables={host: {f"trainer_launch_{variable}": value} for host, value in values.items()})


JOB_REFUSED_CASES = (
    JobCase(
        "image-of-the-same-name",
        f"on {THREE} the name of the trainer's image belongs to another image",
        prepare=[On(THREE, f"docker tag {IMAGE} {KEPT} && docker tag distrain/probe:1 {IMAGE}")],
        run=train("image-of-the-same-name"),
        says=[f"{IMAGE} on host {THREE} is not the one that {ONE} has", "playbooks/images.yml"],
        restore=[On(THREE, f"docker tag {KEPT} {IMAGE} && docker rmi {KEPT}")],
    ),
    JobCase(
        "image-missing",
        f"{TWO} does not have the trainer's image",
        prepare=[On(TWO, f"docker tag {IMAGE} {KEPT} && docker rmi {IMAGE}")],
        run=train("image-missing"),
        says=[f"Host {TWO} does not have the image {IMAGE}", "playbooks/images.yml"],
        restore=[On(TWO, f"docker tag {KEPT} {IMAGE} && docker rmi {KEPT}")],
    ),
    JobCase(
        "data-differ",
        f"a file of the data is longer on {TWO}",
        prepare=[On(TWO, f"echo four >>{DATA}/words.txt")],
        run=train("data-differ"),
        says=[f"{ONE} and {TWO} differ in the data", f"{DATA}/words.txt is 14 bytes on {ONE} and is 19 bytes"],
        restore=[On(TWO, f"sed -i '$d' {DATA}/words.txt")],
    ),
    JobCase(
        "code-differs",
        f"the program of the training has another line on {THREE}",
        prepare=[On(THREE, f"cp {CODE}/training.py /root/ && echo '# tried something' >>{CODE}/training.py")],
        run=train("code-differs"),
        says=[f"{ONE} and {THREE} differ", f"{CODE}/training.py"],
        restore=[On(THREE, f"cp /root/training.py {CODE}/training.py")],
    ),
    JobCase(
        "settings-differ",
        f"host_vars of {TWO} have a trainer_launch_job_config of their own",
        run=train("settings-differ", job_config=None, inventory=with_own("job_config", {TWO: {"learning_rate": 0.1}})),
        says=[
            f"{ONE} and {TWO} differ in the settings",
            "cutoff_len is 128 on gpu-01 and is not there",
            "not in host_vars",
        ],
    ),
    JobCase(
        "command-differs",
        f"host_vars of {THREE} have a trainer_launch_job_command of their own",
        run=train(
            "command-differs",
            job_command=None,
            inventory=with_own("job_command", {ONE: PLAIN, TWO: PLAIN, THREE: [*PLAIN, LONG]}),
        ),
        says=[f"{ONE} and {THREE} differ in the command", "not in host_vars"],
    ),
    JobCase(
        "job-runs-already",
        "a job of this name runs, and is to be started with more steps",
        prepare=[train("job-runs-already", "--steps=600", follow=False)],
        run=train("job-runs-already", "--steps=700"),
        says=["job-runs-already runs already on", "with other settings", "Nothing was started", "playbooks/stop.yml"],
        restore=[stop("job-runs-already")],
        runs_on=True,
    ),
    JobCase(
        "port-of-another-trainer",
        "another trainer has its web UI at the port at which this one is to have it",
        prepare=[train("port-of-another-trainer", name="second", job_command=[], **WEBUI)],
        run=train("port-of-another-trainer", **WEBUI),
        says=[f"Host {ONE}: port 7870 belongs to the trainer second", "trainer_launch_webui_port"],
        restore=[On("all", "docker rm --force $(docker ps -aq --filter label=io.distrain.trainer=second)")],
    ),
    JobCase(
        "gpu-missing",
        "trainer_launch_gpu_devices names a GPU that no host has",
        run=train("gpu-missing", gpu_devices=[3]),
        says=[f"Host {ONE} has no GPUs, but trainer_launch_gpu_devices names 3"],
    ),
    JobCase(
        "more-processes-than-gpus",
        "trainer_launch_processes_per_host is 8, and the container gets two GPUs",
        run=train("more-processes-than-gpus", gpu_count=2, processes_per_host=8),
        says=["trainer_launch_processes_per_host is 8", "number of GPUs that its container gets is 2"],
    ),
    JobCase(
        "host-missing",
        "trainer_launch_hosts names a host that the inventory does not have",
        run=train("host-missing", hosts=[*lab.HOSTS, "gpu-09"]),
        says=["trainer_launch_hosts", "gpu-09"],
    ),
    JobCase(
        "too-many-at-least",
        "an elastic job is to have at least seven of three hosts",
        run=train(
            "too-many-at-least",
            job_command=[],
            job_config={"stage": "sft"},
            launcher="torchrun_elastic",
            elastic_min_hosts=7,
        ),
        says=["trainer_launch_elastic_min_hosts is 7", "with 3 hosts", "between 1 and 3"],
    ),
)
