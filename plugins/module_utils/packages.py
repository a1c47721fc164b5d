# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small questions about apt's packages and pip's pins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def candidate_version(policy: str, package: str) -> str:
    """The version that apt would install, of what C(apt-cache policy) says; empty where apt knows none."""
    current = ""
    for line in policy.splitlines():
        if line and not line.startswith(" "):
            current = line.rstrip(":")
        name, _separator, value = line.strip().partition(": ")
        if current == package and name == "Candidate":
            return "" if value == "(none)" else value
    return ""


def pinned_packages(packages: Iterable[str], versions: Mapping[str, str]) -> list[str]:
    """The packages as apt takes them, C(name=version) for those that have a version."""
    return [f"{name}={versions[name]}" if versions.get(name) else name for name in packages]


def missing_requirements(requirements: str, installed: Iterable[str]) -> list[str]:
    """The pins (C(name==version)) of a requirements file that are not among those of C(pip freeze)."""
    present = {_normalised(line) for line in installed}
    pins = [line.split()[0] for line in requirements.splitlines() if "==" in line.split("#")[0]]
    return [pin for pin in pins if _normalised(pin) not in present]


def _normalised(pin: str) -> str:
    return pin.strip().lower().replace("_", "-")
