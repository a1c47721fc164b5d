# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the engine's installation, the Python of the modules, and NVIDIA's toolkit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..findings.finding import Finding
from .observation import Cluster, Host

AGAIN = "Run playbooks/hosts.yml"


def find_installation_problems(cluster: Cluster) -> Iterator[Finding]:
    for host in cluster.hosts:
        if host.facts is None:
            continue
        if not host.engine.get("installed"):
            found = "has no Docker Engine"
            yield Finding(host.name, "error", "docker", found, f"{AGAIN}, which installs it.")
        else:
            yield from _docker(host)
        yield from _toolkit(host)


def _docker(host: Host) -> Iterator[Finding]:
    docker = host.docker
    if docker.get("is_enabled") is False:
        found = "its Docker Engine does not start with the host"
        yield Finding(host.name, "warning", "docker.service", found, "Run systemctl enable docker on it.")
    if docker.get("python") and not docker["python"]["exists"]:
        found = "has no Python for the modules of this collection, so that its images were not looked at"
        yield Finding(host.name, "error", "docker_python", found, f"{AGAIN}, which makes it.")
    yield from _configuration(host, docker.get("configuration") or {}, "docker_daemon_options")


def _configuration(host: Host, configuration: Mapping[str, Any], variable: str) -> Iterator[Finding]:
    """Where the file itself is broken, or the engine is silent, that is a finding already."""
    if (host.engine.get("configuration") or {}).get("problem") or not host.answers:
        return
    if configuration.get("problem"):
        found = f"its engine's configuration cannot be as {variable} wants it: {configuration['problem']}".rstrip(".")
        yield Finding(host.name, "warning", variable, found, "Correct it, then run playbooks/hosts.yml.")
    elif "configure" in (configuration.get("steps") or ()):
        found = f"its engine's configuration is not as {variable} wants it"
        yield Finding(host.name, "warning", variable, found, f"{AGAIN}, which restarts the engine for it.")


def _toolkit(host: Host) -> Iterator[Finding]:
    toolkit = host.toolkit
    if not toolkit.get("has_gpu"):
        return
    if not toolkit["gpu_count"] and not (host.facts or {}).get("gpus"):
        found = f"should have a GPU, and has none: nvidia-smi -L says: {_first_line(toolkit['nvidia_smi']['said'])}"
        remedy = (
            "See whether the PCI bus has it (lspci -d 10de:), or set nvidia_toolkit_gpu_present of the host to auto."
        )
        yield Finding(host.name, "error", "nvidia_toolkit_gpu_present", found, remedy)
        return
    if not toolkit.get("is_installed"):
        found = "has GPUs, and no container toolkit of NVIDIA"
        yield Finding(host.name, "error", "nvidia_toolkit", found, f"{AGAIN}, which installs it.")
        return
    yield from _configuration(host, toolkit.get("configuration") or {}, "the role nvidia_toolkit")
    if not toolkit.get("specification_is_current"):
        found = "the CDI specification, by which containers get GPUs, does not describe those that the host has"
        yield Finding(host.name, "error", "nvidia_toolkit", found, f"{AGAIN}, which writes it anew.")
    elif toolkit["proof"]["found"] != toolkit["proof"]["wanted"]:
        found = "no container was proven to see the GPUs since the driver, the GPUs or the toolkit changed"
        yield Finding(host.name, "warning", "nvidia_toolkit", found, f"{AGAIN}, which proves it.")


def _first_line(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "nothing")
