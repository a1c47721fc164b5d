# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what a bundle has of NVIDIA's driver, for hosts that nobody can ask for their GPUs and their kernels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from ..installation.driver_module import AUTO, branch_of, choose_module
from ..installation.driver_packages import NVIDIA, driver_packages
from ..installation.driver_repository import with_key
from ..installation.hosts import Host

NONE: Mapping[str, Any] = {"source": "none", "gpu_present": "auto"}
DRIVER_KEY = "nvidia-driver.asc"
COMPONENTS = {"debian": ["contrib", "non-free", "non-free-firmware"], "ubuntu": ["restricted"]}
# Those of the newest kernel of a release; a host with another kernel needs its own in bundle_packages.
HEADERS = {"debian": "linux-headers-{architecture}", "ubuntu": "linux-headers-generic"}


def is_wanted(driver: Mapping[str, Any]) -> bool:
    return driver["source"] != "none" and driver["gpu_present"] != "absent"


def driver_components(distribution: str, driver: Mapping[str, Any]) -> list[str]:
    """Return the components beside main that its packages, or what they depend on, are in."""
    return COMPONENTS[distribution] if is_wanted(driver) else []


def driver_packages_of(name: str, driver: Mapping[str, Any]) -> list[str]:
    """Return the packages as apt takes them, for a distribution as C(debian-13-amd64); raise PlanError."""
    if not is_wanted(driver):
        return []
    if not branch_of(driver["version"]) or driver["module"] == AUTO:
        raise PlanError(
            "A bundle with NVIDIA's driver needs nvidia_driver_version, such as 580.95.05, and nvidia_driver_module "
            "(open for Turing and newer, else proprietary): no host is asked for its GPUs while it is made."
        )
    distribution, _version, architecture = name.split("-")
    module = choose_module(driver["module"], [], driver["version"])
    parts = driver_packages(driver["source"], distribution, driver["version"], module, "")
    pinned = [f"{one}={driver['version']}*" for one in (*parts.pinned, parts.built)]
    return [*pinned, *parts.others, HEADERS[distribution].format(architecture=architecture)]


def driver_repository(name: str, driver: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the address of NVIDIA's repository for a distribution, its key and the fingerprint; empty without one."""
    if not is_wanted(driver) or driver["source"] != NVIDIA:
        return "", "", ""
    distribution, version, architecture = name.split("-")
    observed = {"distribution": {"id": distribution, "version": version, "codename": ""}, "architecture": architecture}
    arguments = with_key(Host(name, driver, observed)).arguments
    return arguments["directory"], arguments["repository_key"], arguments["repository_key_fingerprint"]
