# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: why a host's GPUs have no driver, and what is wrong with the installation of one that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..gpu.driver import TEGRA, WSL
from .problem import WARNING, Facts, GpuProblem

NOUVEAU = "nouveau"
UNSUPPORTED = {
    TEGRA: (
        "it is a Jetson, whose GPU is a part of its processor",
        "This collection serves GPUs on a PCI bus; use NVIDIA's JetPack and its own containers, or leave the host out.",
    ),
    WSL: (
        "it runs in WSL, where the driver is that of Windows",
        "Swarm's overlay network does not leave WSL: run the host on Linux itself, or leave it out.",
    ),
}
NONE = (
    "no driver of NVIDIA is installed",
    "Install NVIDIA's driver on the host (nvidia_driver_source and nvidia_driver_version have the role nvidia_driver "
    "do it), or set nvidia_toolkit_gpu_present to absent.",
)

Installation = Mapping[str, Any]


def why_no_driver(installation: Installation, bus: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return what was found, and the remedy, where nvidia-smi finds no driver for the GPUs of the PCI bus."""
    kernel = installation["kernel"]
    if installation["platform"]:
        return UNSUPPORTED[installation["platform"]]
    if any(one.get("driver") == NOUVEAU for one in bus):
        return (
            "the driver nouveau has them",
            "Keep it from loading: echo 'blacklist nouveau' > /etc/modprobe.d/blacklist-nouveau.conf, update-initramfs "
            "-u, install NVIDIA's driver where it is not, and restart the host.",
        )
    if installation["module_version"]:
        return _why_not_loaded(installation)
    if installation["sources"]:
        lacks = "" if installation["has_headers"] else f", of which there are no headers (linux-headers-{kernel})"
        return (
            f"its module ({', '.join(installation['sources'])}) was not built for the kernel {kernel}{lacks}",
            f"Run apt-get install linux-headers-{kernel}, then dkms autoinstall, and restart the host.",
        )
    if installation["packages"] or installation["has_run_file"]:
        names = ", ".join(installation["packages"]) or "NVIDIA's .run file"
        return (
            f"the driver is installed ({names}), and the kernel {kernel} has no module of it",
            "Restart the host where another kernel is installed than the one that runs, or install the driver anew.",
        )
    return NONE


def _why_not_loaded(installation: Installation) -> tuple[str, str]:
    version = installation["module_version"]
    if installation["secure_boot"] and not installation["module_is_signed"]:
        return (
            f"its module {version} is not signed, and Secure Boot is on, so that the kernel does not load it",
            "Sign it by a key that the firmware knows (mokutil --import, then confirm it at the next start), or switch "
            "Secure Boot off.",
        )
    return (
        f"its module {version} is installed and not loaded",
        "Run modprobe nvidia, and see what the kernel says (journalctl -k --grep 'NVRM|nvidia'). After an installation "
        "or an update, restart the host.",
    )


def installation_problems(facts: Facts) -> Iterator[GpuProblem]:
    """Yield what is wrong with the installation of a driver that works now."""
    installation, loaded = facts["driver_installation"], facts["driver_version"]
    if installation["has_run_file"] and installation["packages"]:
        yield GpuProblem(
            WARNING,
            f"NVIDIA's driver is installed twice: by a .run file, and as {installation['packages'][0]}",
            "Either update breaks the other: remove one of the two (nvidia-uninstall, or apt-get purge), and restart.",
        )
    if loaded and installation["module_version"] not in ("", loaded):
        yield GpuProblem(
            WARNING,
            f"NVIDIA's driver {loaded} is loaded, and {installation['module_version']} is installed",
            "The next start of the host loads that one: restart it before a job, and all hosts alike.",
        )
    elif installation["needs_restart"]:
        yield GpuProblem(
            WARNING,
            "an update waits for a restart of the host (/run/reboot-required)",
            "Restart it before a job: an update of the kernel or the driver can leave its GPUs without a driver.",
        )
