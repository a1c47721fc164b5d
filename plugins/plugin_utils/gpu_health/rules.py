# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the facts of M(distrain.cluster.gpu_info) of all hosts -> what is wrong with their GPUs, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.host import host_problems
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import WARNING, Facts, GpuUse

from ..findings.finding import Finding

SUBJECT = "gpu"
_SAME_DRIVER = "Install the same driver on all hosts, so that they compute by the same code."
# What has to be of one version on all hosts: where it is found, how it is called, and what to do.
ALIKE = (
    ("driver_version", "NVIDIA's driver", _SAME_DRIVER),
    ("library_version", "the library of NVIDIA's driver", _SAME_DRIVER),
    (
        "toolkit_version",
        "NVIDIA's container toolkit",
        "Run playbooks/hosts.yml, with one nvidia_toolkit_version for all hosts.",
    ),
)


def gpu_findings(hosts: Mapping[str, Facts], uses: Mapping[str, GpuUse] | None = None) -> list[Finding]:
    """The findings about all hosts with a GPU. ``uses`` are what a job does with them; without, no job is at hand."""
    found = [
        Finding(host, one.severity, SUBJECT, one.found, one.remedy)
        for host, facts in hosts.items()
        for one in host_problems(facts, (uses or {}).get(host))
    ]
    return [*found, *_other_versions(hosts)]


def _other_versions(hosts: Mapping[str, Facts]) -> Iterator[Finding]:
    """Hosts with a driver, a library or a toolkit of another version than most; of these the first that differs."""
    named: set[str] = set()
    for key, noun, remedy in ALIKE:
        versions = {host: facts[key] for host, facts in hosts.items() if facts.get(key) and host not in named}
        if len(set(versions.values())) < 2:
            continue
        (most, _count), *_others = Counter(versions.values()).most_common()
        example = min(host for host, version in versions.items() if version == most)
        for host, version in versions.items():
            if version != most:
                named.add(host)
                yield Finding(host, WARNING, SUBJECT, f"{noun} is {version}, and {most} on {example}", remedy)
