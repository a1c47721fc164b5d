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


def kept_engine(installed: Mapping[str, str], source: str, pinned: Mapping[str, str]) -> str:
    """The engine's package of those that are installed that stays in place, as C(name=version); empty where none does.

    Docker's own package is kept with either source, that of the distribution only with its own. A pin counts as the
    version.
    """
    for name in ("docker-ce", "docker.io"):
        if name in installed and (name == "docker-ce" or source == "distribution"):
            return f"{name}={pinned.get(name) or installed[name]}"
    return ""


def engine_packages_touched(simulation: str, names: Iterable[str]) -> list[str]:
    """Those of the packages that C(apt-get --simulate) would upgrade or remove; a first installation is neither."""
    touched = set()
    for line in simulation.splitlines():
        words = line.split()
        is_upgrade = words[:1] == ["Inst"] and len(words) > 2 and words[2].startswith("[")
        if is_upgrade or words[:1] in (["Remv"], ["Purg"]):
            touched.add(words[1])
    return sorted(touched & set(names))


def missing_requirements(requirements: str, installed: Iterable[str]) -> list[str]:
    """The pins (C(name==version)) of a requirements file that are not among those of C(pip freeze)."""
    present = {_normalised(line) for line in installed}
    pins = [line.split()[0] for line in requirements.splitlines() if "==" in line.split("#")[0]]
    return [pin for pin in pins if _normalised(pin) not in present]


def _normalised(pin: str) -> str:
    return pin.strip().lower().replace("_", "-")
