# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: whether the networks can be checked, and which containers do it on each host."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from ..fabric.tuning import DEFAULT, RDMA_DEVICES, Tunings, tunings_of
from .command import NAME, command, lay_out
from .measurement import HOST, NETWORKS

# Inside the containers: the program, and the directory that those of a host share.
HOME = "/run/distrain"
SHARED = f"{HOME}/shared"
# Arguments of the role that the program takes, by the name of its option.
OPTIONS = {
    "networks": "networks",
    "port": "port",
    "sizes": "sizes",
    "rounds": "rounds",
    "seconds": "seconds",
    "repetitions": "repetitions",
    "arrival": "arrival_timeout",
    "patience": "step_timeout",
    "timeout": "timeout",
}


@dataclass(frozen=True)
class CheckedHost:
    """A host that takes part: its arguments of the role, what was observed there, and the environment of its interface.

    ``gpus`` is how many GPUs were counted there, ``environment`` pins NCCL and gloo to the data path's interface.
    """

    name: str
    arguments: Mapping[str, Any]
    observed: Mapping[str, Any]
    gpus: int
    environment: Mapping[str, str]

    @property
    def gpu_count(self) -> int:
        """The number of GPUs; a count that is set by hand wins."""
        wanted: int = self.arguments["gpu_count"]
        return wanted if wanted >= 0 else self.gpus

    @property
    def processes(self) -> int:
        return self.arguments["processes_per_host"] or max(self.gpu_count, 1)


def decide(hosts: Sequence[CheckedHost], fabric: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ranks and the containers of each host; raise PlanError where the check cannot be made."""
    if not hosts:
        raise PlanError(
            "network_check_hosts names no host. Name at least two, between which there is a network to check."
        )
    refuse_arguments(hosts[0].arguments)
    layout = lay_out(
        [host.name for host in hosts],
        hosts[0].arguments["first_host"],
        {host.name: host.processes for host in hosts},
        fabric["data_path_addrs"],
        fabric["overlay"]["subnet"],
    )
    _refuse_images(hosts)
    _refuse_jobs(hosts)
    backend = "nccl" if min(host.gpu_count for host in hosts) > 0 else "gloo"
    tunings = {network: _tunings(hosts, network, backend) for network in NETWORKS}
    return {
        "ranks": layout["ranks"],
        "backend": backend,
        "tunings": tunings,
        "hosts": {host.name: _of_host(host, layout, backend, tunings) for host in hosts},
    }


def refuse_arguments(arguments: Mapping[str, Any]) -> None:
    """Raise PlanError for sizes or networks with which nothing can be measured."""
    sizes, networks = arguments["sizes"], arguments["networks"]
    if not sizes or len(set(sizes)) != len(sizes) or any(size % 4 for size in sizes):
        raise PlanError(
            f"network_check_sizes ({', '.join(map(str, sizes))}) has to name at least one size, each once and a "
            "multiple of 4 bytes."
        )
    if not networks or len(set(networks)) != len(networks):
        raise PlanError(f"network_check_networks ({', '.join(networks)}) has to name overlay, host or both, each once.")


def refuse_missing(wanted: Sequence[str], present: Sequence[str]) -> None:
    """Raise PlanError where a run does not have all hosts that are to be checked."""
    missing = [host for host in wanted if host not in present]
    if missing:
        raise PlanError(
            f"network_check_hosts also names {', '.join(missing)}, which this run leaves out or could not reach. Run "
            "it without --limit, or set network_check_hosts to the hosts that are to be checked."
        )


def _refuse_images(hosts: Sequence[CheckedHost]) -> None:
    first = hosts[0]
    for host in hosts:
        image, layers = host.arguments["image"], host.observed["image_layers"]
        problem = "" if layers else f"does not have the image {image}"
        if layers and layers != first.observed["image_layers"]:
            problem = f"has another image {image} than {first.name}"
        if problem:
            raise PlanError(
                f"Host {host.name} {problem}. Run playbooks/images.yml to bring the same image to every host, or set "
                "network_check_image."
            )


def _refuse_jobs(hosts: Sequence[CheckedHost]) -> None:
    for host in hosts:
        running = host.observed["running_jobs"]
        if running:
            jobs, verb = ("job", "runs") if len(running) == 1 else ("jobs", "run")
            raise PlanError(
                f"On host {host.name} {jobs} {', '.join(running)} still {verb}: the check and the job would slow each "
                "other down. Wait for the end, or stop it with playbooks/stop.yml."
            )


def _tunings(hosts: Sequence[CheckedHost], network: str, backend: str) -> Tunings:
    """Return what is tried on a network, which has to be the same on all hosts."""
    arguments = hosts[0].arguments
    if not arguments["tune"]:
        return {DEFAULT: {}}
    environment = {name: value for host in hosts for name, value in _environment(host, network).items()}
    return tunings_of(backend, environment, arguments["tunings"])


def _environment(host: CheckedHost, network: str) -> dict[str, Any]:
    """Return the variables of a container; on the overlay its interface is found when it starts."""
    return {**(host.environment if network == HOST else {}), **host.arguments["environment"]}


def _of_host(
    host: CheckedHost, layout: Mapping[str, Any], backend: str, tunings: Mapping[str, Tunings]
) -> dict[str, Any]:
    names = {network: f"{NAME}-{network}-{host.name}" for network in NETWORKS}
    networks = host.arguments["networks"]
    return {
        "names": list(names.values()),
        "is_first": host.name == layout["ranks"][0],
        "containers": [
            _container(host, network, names[network], _command(host, layout, backend, network, tunings[network]))
            for network in networks
        ],
    }


def _command(host: CheckedHost, layout: Mapping[str, Any], backend: str, network: str, tunings: Tunings) -> list[str]:
    options = {option: host.arguments[argument] for option, argument in OPTIONS.items()}
    own = {"backend": backend, "directory": SHARED, "tunings": json.dumps(tunings)}
    return command(layout, {**options, **own}, host.name, network)


def _container(host: CheckedHost, network: str, name: str, words: list[str]) -> dict[str, Any]:
    """Return the parameters of the container, those that are empty to be left out."""
    arguments, is_host = host.arguments, network == HOST
    has_rdma = is_host and RDMA_DEVICES in host.environment
    directory = arguments["directory"]
    gpus = {"driver": "cdi", "device_ids": [arguments["gpu_device"]], "capabilities": [["gpu"]]}
    return {
        "network": network,
        "name": name,
        "hostname": "" if is_host else name,
        "network_mode": "host" if is_host else arguments["overlay"],
        "ulimits": [f"{limit}:{value}:{value}" for limit, value in arguments["ulimits"].items()],
        "command": words,
        "working_dir": HOME,
        "environment": {key: str(value) for key, value in _environment(host, network).items()},
        "volumes": [f"{directory}/all_reduce:{HOME}/all_reduce:ro", f"{directory}/shared:{SHARED}"],
        "devices": ["/dev/infiniband"] if has_rdma else [],
        "capabilities": ["IPC_LOCK"] if has_rdma else [],
        "device_requests": [gpus] if host.gpu_count > 0 else [],
    }


def preview(decision: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """Return one sentence that says what would be measured."""
    ranks = decision["ranks"]
    return (
        f"{len(ranks)} ranks on {', '.join(dict.fromkeys(ranks))} would make all-reduces with {decision['backend']} in "
        f"{arguments['image']}, {arguments['rounds']} times each of {', '.join(map(str, arguments['sizes']))} bytes, "
        f"in turn over {' and '.join(arguments['networks'])}{_tried(decision)}."
    )


def _tried(decision: Mapping[str, Any]) -> str:
    names = list(dict.fromkeys(name for tunings in decision["tunings"].values() for name in tunings))
    return f", with each of these tunings: {', '.join(names)}" if len(names) > 1 else ""
