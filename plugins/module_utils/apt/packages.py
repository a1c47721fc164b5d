# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What apt on this host would install, and what that would replace; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..base.command import Ended, run_command

APT_SECONDS = 60


def candidates(names: Sequence[str], options: Sequence[str] = ()) -> dict[str, str]:
    """The version that apt would install of each package; empty where apt knows none."""
    policy = _run("apt-cache", *options, "policy", *names) if names else ""
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


def simulated(packages: Sequence[str], options: Sequence[str] = ()) -> dict[str, Any]:
    """What an installation would remove, and why apt cannot do it; both empty without packages."""
    if not packages:
        return {"removes": [], "problem": ""}
    argv = ("apt-get", *options, "--simulate", "--no-install-recommends", "--allow-downgrades", "install", *packages)
    done = run_command(argv, APT_SECONDS)
    return {"removes": removed_in(done.stdout), "problem": "" if done.rc == 0 else apt_reason(done)}


def removed_in(simulation: str) -> list[str]:
    """The packages that a simulation of apt-get removes."""
    rows = [line.split() for line in simulation.splitlines()]
    return sorted({row[1] for row in rows if row[:1] in (["Remv"], ["Purg"]) and len(row) > 1})


def apt_reason(done: Ended) -> str:
    """Why apt has failed, in its own words on one line: what does not fit first."""
    unmet = [line.strip() for line in done.stdout.splitlines() if " : " in line or line.startswith("   ")]
    errors = [line.removeprefix("E: ").strip() for line in done.stderr.splitlines() if line.startswith("E:")]
    return " ".join(" ".join((*unmet[:4], *errors)).split())[:600] or "it gave no reason"


def _run(*argv: str) -> str:
    return run_command(argv, APT_SECONDS).stdout
