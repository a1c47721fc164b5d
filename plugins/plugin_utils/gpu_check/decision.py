# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: whether the GPUs can be tested, and which container does it on each host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import label

NAME = "distrain-gpu-check"
PROGRAM = "/run/distrain/gpu_test.py"
CPU = "cpu"
SIZES = {"cuda": 8192, "cpu": 1024}
# A second for each copy, and what the import of torch and the first use of a GPU take.
BESIDE_SECONDS = 20

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class HostToTest:
    """A host that takes part: its arguments of the role, the facts of its GPUs, and what was observed besides."""

    name: str
    arguments: Facts
    gpus: Facts
    observed: Facts


def decide(hosts: Sequence[HostToTest]) -> dict[str, Any]:
    """Return the GPUs and the container of each host; raise PlanError where they cannot be tested."""
    if not hosts:
        raise PlanError("gpu_check_hosts names no host. Name at least one whose GPUs are to be tested.")
    _refuse_time(hosts[0].arguments)
    problems = [problem for host in hosts for problem in _problems(host, hosts[0])]
    if problems:
        raise PlanError("\n".join(problems))
    return {"hosts": {host.name: {"gpus": gpus_of(host), "container": _container(host)} for host in hosts}}


def refuse_missing(wanted: Sequence[str], present: Sequence[str]) -> None:
    """Raise PlanError where a run does not have all hosts that are to be tested."""
    missing = [host for host in wanted if host not in present]
    if missing:
        raise PlanError(
            f"gpu_check_hosts also names {', '.join(missing)}, which this run leaves out or could not reach. Run it "
            "without --limit, or set gpu_check_hosts to the hosts that are to be tested."
        )


def gpus_of(host: HostToTest) -> list[dict[str, Any]]:
    """Return the GPUs that are tested, each with its index, UUID, model and address, or the processor as one."""
    if host.arguments["on_cpu"]:
        return [{"index": 0, "uuid": CPU, "model": CPU, "pci_address": ""}]
    wanted = ("index", "uuid", "model", "pci_address")
    return [{name: one[name] for name in wanted} for one in host.gpus["gpus"] if not one["mig"]]


def preview(decision: Mapping[str, Any], arguments: Facts) -> str:
    """Return one sentence that says what would be tested."""
    counts = ", ".join(f"{name} ({len(one['gpus'])})" for name, one in decision["hosts"].items())
    what = "The processors" if arguments["on_cpu"] else "The GPUs"
    return f"{what} of {counts} would be tested in {arguments['image']} for {arguments['seconds']:g} s each."


def _refuse_time(arguments: Facts) -> None:
    if arguments["timeout"] < arguments["seconds"] + BESIDE_SECONDS:
        raise PlanError(
            f"gpu_check_timeout ({arguments['timeout']}) has to be at least {BESIDE_SECONDS} s more than "
            f"gpu_check_seconds ({arguments['seconds']:g})."
        )


def _problems(host: HostToTest, first: HostToTest) -> Iterator[str]:
    yield from _of_image(host, first)
    running = host.observed["running_jobs"]
    if running:
        jobs, verb = ("job", "runs") if len(running) == 1 else ("jobs", "run")
        yield (
            f"On host {host.name} {jobs} {', '.join(running)} still {verb}: the test and the job would slow each other "
            "down. Wait for the end, or stop it with playbooks/stop.yml."
        )
    elif not host.arguments["on_cpu"]:
        yield from _of_gpus(host)


def _of_image(host: HostToTest, first: HostToTest) -> Iterator[str]:
    image, layers = host.arguments["image"], host.observed["image_layers"]
    problem = "" if layers else f"does not have the image {image}"
    if layers and first.observed["image_layers"] and layers != first.observed["image_layers"]:
        problem = f"has another image {image} than {first.name}"
    if problem:
        yield (
            f"Host {host.name} {problem}. Run playbooks/images.yml to bring the same image to every host, or set "
            "gpu_check_image."
        )


def _of_gpus(host: HostToTest) -> Iterator[str]:
    if not gpus_of(host):
        divided = "; those that MIG divides are not tested" if host.gpus["gpus"] else ""
        yield (
            f"Host {host.name}: nvidia-smi lists no GPU to test{divided}. See playbooks/preflight.yml for why, leave "
            "the host out of gpu_check_hosts, or set gpu_check_on_cpu to test processors."
        )
    for gpu in host.gpus["gpus"]:
        users = [one for one in gpu["processes"] if "C" in one["type"]]
        if users:
            names = ", ".join(f"{one['name'] or 'a process'} (PID {one['pid']})" for one in users[:3])
            yield (
                f"Host {host.name}: {label(gpu)} is used by {names}, which the test would slow down and be slowed by. "
                "End it, or leave the host out of gpu_check_hosts."
            )


def _container(host: HostToTest) -> dict[str, Any]:
    """Return the parameters of the container, those that are empty to be left out."""
    arguments = host.arguments
    device = "cpu" if arguments["on_cpu"] else "cuda"
    options = {
        "device": device,
        "size": arguments["size"] or SIZES[device],
        "seconds": arguments["seconds"],
        "copy-bytes": arguments["copy_bytes"],
        "timeout": arguments["timeout"],
    }
    gpus = {"driver": "cdi", "device_ids": [arguments["gpu_device"]], "capabilities": [["gpu"]]}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return {
        "name": NAME,
        "command": [*words, "--gpus", *(gpu["uuid"] for gpu in gpus_of(host))],
        "volumes": [f"{arguments['directory']}/gpu_test.py:{PROGRAM}:ro"],
        "device_requests": [] if arguments["on_cpu"] else [gpus],
    }
