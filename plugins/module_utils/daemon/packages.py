# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages that the roles install, by where they come from."""

from __future__ import annotations

DISTRIBUTION_PACKAGES = {
    "debian": ("docker.io", "docker-cli", "docker-buildx", "docker-compose"),
    "ubuntu": ("docker.io", "docker-buildx", "docker-compose-v2"),
}
REPOSITORY_PACKAGES = ("docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin")
# Where recommended packages are off, these have to be named.
COMMON_PACKAGES = ("ca-certificates", "iptables", "python3-venv")
# An upgrade of one of these restarts the engine.
ENGINE_PACKAGES = ("docker.io", "docker-ce", "containerd", "containerd.io")
# They bring a docker command or an engine of their own, in place of Docker's.
REPLACING_PACKAGES = ("podman-docker", "docker-desktop")
# Without it the module apt cannot work in check mode; otherwise it installs it by itself.
APT_PACKAGE = "python3-apt"
# The kernel modules of NVIDIA's driver.
OPEN, PROPRIETARY = "open", "proprietary"
TOOLKIT_PACKAGES = (
    "nvidia-container-toolkit",
    "nvidia-container-toolkit-base",
    "libnvidia-container-tools",
    "libnvidia-container1",
)
OBSERVED_PACKAGES = tuple(
    sorted(
        {
            *(name for names in DISTRIBUTION_PACKAGES.values() for name in names),
            *REPOSITORY_PACKAGES,
            *COMMON_PACKAGES,
            *ENGINE_PACKAGES,
            APT_PACKAGE,
        }
    )
)
