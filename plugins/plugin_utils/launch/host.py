# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role trainer_launch knows of its hosts when it decides: their arguments, and what was observed there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import EVERY_GPU, gpu_claim
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import host_path

from .arguments import command_arguments
from .settings import settings_text, with_numbers
from .volume_root import volume_root

CONTAINER_DIRECTORY = "/run/distrain"
RUNNER_DIRECTORY = f"{CONTAINER_DIRECTORY}/runner"


@dataclass(frozen=True)
class Host:
    """One host; ``arguments`` are those of the role, ``observed`` is what C(trainer_info) returned.

    ``counted_gpus`` is how many GPUs the role nvidia_toolkit has counted, and ``interfaces`` the environment that pins
    NCCL and gloo to the network interfaces that the role fabric has chosen.
    """

    name: str
    arguments: Mapping[str, Any]
    observed: Mapping[str, Any]
    counted_gpus: int = 0
    interfaces: Mapping[str, str] = field(default_factory=dict)

    @property
    def container(self) -> str:
        return f"{self.arguments['name']}-{self.name}"

    @property
    def gpu_count(self) -> int:
        """What is set by hand wins."""
        wanted = int(self.arguments["gpu_count"])
        return wanted if wanted >= 0 else self.counted_gpus

    @property
    def processes(self) -> int:
        devices = len(self.arguments["gpu_devices"])
        return int(self.arguments["processes_per_host"]) or max(devices or self.gpu_count, 1)

    @cached_property
    def gpus(self) -> list[str]:
        """The GPUs that the trainer claims. Raises PlanError where the host does not have them."""
        return gpu_claim(self.arguments["gpu_devices"], self.gpu_count, self.name)

    @property
    def gpus_of_container(self) -> int:
        """How many the container gets; 0 is a job on the CPU."""
        return self.gpu_count if EVERY_GPU in self.gpus else len(self.gpus)

    @cached_property
    def job_arguments(self) -> list[str]:
        return command_arguments(self.arguments["job_arguments"])

    @property
    def container_environment(self) -> dict[str, str]:
        """The environment of the container; the engine takes no numbers."""
        endpoint = self.arguments["huggingface_endpoint"]
        given = {**({"HF_ENDPOINT": endpoint} if endpoint else {}), **self.arguments["environment"]}
        return {name: str(value) for name, value in given.items()}

    @property
    def has_job(self) -> bool:
        return any((self.arguments["job_config"], self.arguments["job_command"], self.job_arguments))

    @property
    def output_directory(self) -> str:
        """Where the host has the job's results; empty where no volume holds them."""
        return host_path(self.arguments["job_output_directory"], self.arguments["volumes"])

    @property
    def output_root(self) -> str:
        """The directory above it that no container can exchange."""
        return volume_root(self.output_directory, self.arguments["volumes"])

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings of the job, with the numbers that YAML 1.1 takes for text."""
        output = {"output_dir": self.arguments["job_output_directory"]}
        return dict(with_numbers({**output, **self.arguments["job_config"]}))

    @cached_property
    def settings_text(self) -> str | None:
        return settings_text(self.settings) if self.arguments["job_config"] else None

    @property
    def controller_copies(self) -> list[Mapping[str, Any]]:
        return [one for one in self.arguments["copies"] if not one.get("source_host")]

    @property
    def host_copies(self) -> list[Mapping[str, Any]]:
        return [one for one in self.arguments["copies"] if one.get("source_host")]


@dataclass(frozen=True)
class Request:
    """All hosts of a launch in the order of C(trainer_launch_hosts), and what the controller knows.

    ``job_network`` and ``addresses`` are the choice of the role fabric, ``image_python`` the version of the image's
    Python where it was asked for, ``programs`` the digests of the programs to put on the hosts, and ``sources`` what
    each source of a copy holds on the controller. ``tuning`` is what lets the job use its network at its rate,
    as variables. ``attempt`` names a start that is made now.
    """

    hosts: Sequence[Host]
    job_network: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    image_python: str | None = None
    programs: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tuning: Mapping[str, str] = field(default_factory=dict)
    attempt: str = ""
    check_mode: bool = False

    @property
    def first(self) -> Host:
        """The host with rank 0, as C(placement.ranks) chooses it."""
        wanted = self.hosts[0].arguments["first_host"]
        return next((host for host in self.hosts if host.name == wanted), self.hosts[0])

    @property
    def is_on_host_network(self) -> bool:
        return self.job_network == "host"
