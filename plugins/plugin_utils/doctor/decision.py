# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: everything that is wrong with a cluster, and how its hosts stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import without_page

from ..findings.finding import ALL_HOSTS, SEVERITIES, Finding, worst_first
from .differences import find_differences
from .host_files import find_host_problems
from .images import find_image_problems
from .installation import find_installation_problems
from .jobs import find_job_problems
from .keepers import find_keeper_problems
from .observation import Cluster, Host, Rule
from .overlay import find_overlay_problems
from .swarm import find_swarm_problems

NEVER = "never"
# Of the preflight's notes, those that name a choice, such as hosts without a GPU, and nothing that is wrong.
NOTHING_TO_DO = "Nothing to do"
# What was returned by the module of a part that has worked.
PARTS = (("docker", "packages"), ("toolkit", "has_gpu"), ("images", "images"), ("jobs", "jobs"))


def diagnose(cluster: Cluster, preflight: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the findings, worst first, the differences, how many there are of each severity, and the hosts."""
    found = [
        *(Finding(**one) for one in preflight if not one["remedy"].startswith(NOTHING_TO_DO)),
        *(finding for rule in RULES for finding in rule(cluster)),
    ]
    findings = worst_first(dict.fromkeys(found), [host.name for host in cluster.hosts])
    differences = find_differences(cluster.hosts)
    severities = [one["severity"] for one in (*findings, *differences)]
    return {
        "findings": findings,
        "differences": differences,
        "counts": {severity: severities.count(severity) for severity in SEVERITIES},
        "worst": next((one for one in SEVERITIES if one in severities), ""),
        "overlay": dict(cluster.verdict),
    }


def fails(worst: str, fail_on: str) -> bool:
    """Whether a severity is at least that on which the doctor is to fail."""
    if not worst or fail_on == NEVER:
        return False
    return SEVERITIES.index(worst) <= SEVERITIES.index(fail_on)


def find_unobserved(cluster: Cluster) -> Iterator[Finding]:
    """What could not be observed, where nothing else explains it."""
    for part, said in cluster.problems.items():
        remedy = "Correct what it names, and run the doctor again; the rest was looked at."
        yield Finding(ALL_HOSTS, "error", part, f"could not be looked at: {_line(said)}", remedy)
    for host in cluster.hosts:
        for part, key in PARTS:
            answer = getattr(host, part)
            if answer and key not in answer and not _is_explained(host, part):
                found = f"its {part} could not be looked at: {_line(str(answer.get('msg') or 'no answer'))}"
                remedy = "Correct what it names, and run the doctor again; the rest was looked at."
                yield Finding(host.name, "warning", part, found, remedy)


def _is_explained(host: Host, part: str) -> bool:
    has_no_python = (host.docker.get("python") or {}).get("exists") is False
    return host.facts is None or bool(getattr(host, part).get("skipped")) or (part == "jobs" and has_no_python)


def _line(said: str) -> str:
    return " ".join(without_page(said).split()).rstrip(".")


RULES: tuple[Rule, ...] = (
    find_unobserved,
    find_installation_problems,
    find_swarm_problems,
    find_overlay_problems,
    find_image_problems,
    find_job_problems,
    find_keeper_problems,
    find_host_problems,
)
