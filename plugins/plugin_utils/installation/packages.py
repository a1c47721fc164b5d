# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which packages of apt and of pip a host lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import (
    COMMON_PACKAGES,
    DISTRIBUTION_PACKAGES,
    REPOSITORY_PACKAGES,
)


def missing_packages(wanted: Iterable[str], installed: Mapping[str, str], pinned: Mapping[str, str]) -> list[str]:
    """The packages that are not installed, or not in the version that is pinned for them."""
    return [
        name for name in wanted if name not in installed or not fnmatchcase(installed[name], pinned.get(name) or "*")
    ]


def as_apt_takes_them(packages: Iterable[str], pinned: Mapping[str, str]) -> list[str]:
    """The packages with their pinned versions, C(name=version)."""
    return [f"{name}={pinned[name]}" if pinned.get(name) else name for name in packages]


def wanted_packages(
    source: str, distribution: str, installed: Mapping[str, str], cli_plugins: Iterable[str]
) -> tuple[str, ...]:
    """The packages that a host should have; docker-ce is kept, and gets the plugins that it lacks."""
    if source == "docker":
        return (*REPOSITORY_PACKAGES, *COMMON_PACKAGES)
    if "docker-ce" in installed:
        plugins = (f"docker-{name}-plugin" for name in ("buildx", "compose") if name not in cli_plugins)
        return (*plugins, *COMMON_PACKAGES)
    return (*DISTRIBUTION_PACKAGES[distribution], *COMMON_PACKAGES)


def kept_engine(installed: Mapping[str, str], source: str, pinned: Mapping[str, str]) -> tuple[str, str]:
    """The name and the version of the installed engine's package that stays in place; empty where none does.

    Docker's own package is kept with either source, that of the distribution only with its own. A pin counts as the
    version.
    """
    for name in ("docker-ce", "docker.io"):
        if name in installed and (name == "docker-ce" or source == "distribution"):
            return name, pinned.get(name) or installed[name]
    return "", ""


def missing_requirements(requirements: str, installed: Iterable[str]) -> list[str]:
    """The pins (C(name==version)) of a requirements file that are not among the installed ones."""
    present = {_normalised(line) for line in installed}
    pins = [line.split()[0] for line in requirements.splitlines() if "==" in line.split("#")[0]]
    return [pin for pin in pins if _normalised(pin) not in present]


def _normalised(pin: str) -> str:
    return pin.strip().lower().replace("_", "-")
