# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the packages of NVIDIA's driver for computing, without a display, by who has packaged it.

Debian: U(https://wiki.debian.org/NvidiaGraphicsDrivers). Ubuntu:
U(https://documentation.ubuntu.com/server/how-to/graphics/install-nvidia-drivers/). NVIDIA's own repository:
U(https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import OPEN

from .driver_module import branch_of

DISTRIBUTION, NVIDIA = "distribution", "nvidia"
# From this branch on NVIDIA's packages for Ubuntu have no branch in their names.
WITHOUT_BRANCH = 590
# Packages that carry the module or the library, whose version is that of the driver.
_CARRIERS = re.compile(
    r"libcuda1|libnvidia-(tesla-\d+-)?(compute|ml1|cfg1)(-\d+)?(-server)?"
    r"|nvidia-(tesla-(\d+-)?)?(open-)?kernel-(open-)?dkms"
    r"|nvidia-dkms(-.+)?|nvidia-driver-cuda|libnvidia-tesla-\d+-cuda1|nvidia-tesla-\d+-smi|nvidia-smi"
)
_UPSTREAM = re.compile(r"(?:\d+:)?(\d{3}(?:\.\d+)+)")


@dataclass(frozen=True)
class DriverPackages:
    """``pinned`` are those of the driver's own version, ``others`` come in any.

    ``prebuilt`` is a signed module for one kernel, or empty; ``built`` is what DKMS builds.
    """

    pinned: tuple[str, ...]
    others: tuple[str, ...] = ()
    prebuilt: str = ""
    built: str = ""


def driver_packages(source: str, distribution: str, version: str, module: str, kernel: str) -> DriverPackages:
    """Return the packages; which of the two modules is taken depends on what apt has."""
    branch, suffix = branch_of(version), "-open" if module == OPEN else ""
    if distribution == "debian":
        if source == NVIDIA:
            built = "nvidia-kernel-open-dkms" if suffix else "nvidia-kernel-dkms"
            return DriverPackages(("nvidia-driver-cuda",), ("nvidia-persistenced",), built=built)
        built = "nvidia-open-kernel-dkms" if suffix else "nvidia-kernel-dkms"
        return DriverPackages(("libcuda1", "nvidia-smi", "libnvidia-cfg1"), ("nvidia-persistenced",), built=built)
    if source == NVIDIA:
        name = "" if branch >= WITHOUT_BRANCH else f"-{branch}"
        pinned = (f"libnvidia-compute{name}", f"nvidia-compute-utils{name}", f"nvidia-utils{name}")
        return DriverPackages(pinned, built=f"nvidia-dkms{name}{suffix}")
    name = f"{branch}-server"
    return DriverPackages(
        (f"nvidia-headless-no-dkms-{name}{suffix}", f"nvidia-utils-{name}"),
        prebuilt=f"linux-modules-nvidia-{name}{suffix}-{kernel}",
        built=f"nvidia-dkms-{name}{suffix}",
    )


def headers_package(kernel: str) -> str:
    """Return the package that DKMS needs to build a module for a kernel."""
    return f"linux-headers-{kernel}"


def upstream_version(package_version: str) -> str:
    """Return the driver's version in that of a package, C(580.95.05) of C(580.95.05-0ubuntu1); empty for none."""
    found = _UPSTREAM.match(package_version)
    return found[1] if found else ""


def installed_versions(packages: Mapping[str, str]) -> list[str]:
    """Return the versions of the driver that a host's packages are of."""
    carriers = {upstream_version(version) for name, version in packages.items() if _CARRIERS.fullmatch(name)}
    return sorted(carriers - {""})


def packages_of_version(packages: Mapping[str, str], version: str) -> list[str]:
    """Return the installed packages that are of this version of the driver, and signed modules of its branch."""
    modules = re.compile(rf"linux-modules-nvidia-{branch_of(version)}(-.+)?")
    return sorted(name for name, has in packages.items() if upstream_version(has) == version or modules.fullmatch(name))


def preferences_text(version: str) -> str:
    """Return the preferences of apt by which all packages of the driver are of this version, newer ones as well.

    apt goes back to an older version from a priority of 1000 on.
    """
    return (
        "# Written by the role distrain.cluster.nvidia_driver; a change made here is undone by its next run.\n"
        "Package: nvidia-* libnvidia-* libcuda* libxnvctrl* cuda-drivers* firmware-nvidia-* "
        f"xserver-xorg-video-nvidia*\nPin: version {version}*\n"
        "Pin-Priority: 1001\n"
    )


def as_apt_takes(wanted: Iterable[str], versions: Mapping[str, Any]) -> list[str]:
    """Return packages with the exact versions that apt was found to have of them."""
    return [f"{name}={versions[name]}" if versions.get(name) else name for name in wanted]
