# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What apt on this host would install, and what that would replace; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..base.command import run_command

APT_SECONDS = 60


def candidates(names: Sequence[str]) -> dict[str, str]:
    """The version that apt would install of each package; empty where apt knows none."""
    policy = _run("apt-cache", "policy", *names) if names else ""
    return {name: candidate_version(policy, name) for name in names}


def candidate_version(policy: str, package: str) -> str:
    """The candidate in the output of C(apt-cache policy); empty where apt knows none."""
    current = ""
    for line in policy.splitlines():
        if line and not line.startswith(" "):
            current = line.rstrip(":")
        name, _separator, value = line.strip().partition(": ")
        if current == package and name == "Candidate":
            return "" if value == "(none)" else value
    return ""


def replaced(packages: Sequence[str], names: Iterable[str]) -> list[str]:
    """Those of ``names`` that an installation of ``packages`` would upgrade or remove; none where apt fails."""
    if not packages:
        return []
    return replaced_in(_run("apt-get", "--simulate", "--no-install-recommends", "install", *packages), names)


def replaced_in(simulation: str, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that a simulation of apt-get upgrades or removes; a first installation is neither."""
    touched = set()
    for line in simulation.splitlines():
        words = line.split()
        is_upgrade = words[:1] == ["Inst"] and len(words) > 2 and words[2].startswith("[")
        if is_upgrade or words[:1] in (["Remv"], ["Purg"]):
            touched.add(words[1])
    return sorted(touched & set(names))


def _run(*argv: str) -> str:
    return run_command(argv, APT_SECONDS).stdout
