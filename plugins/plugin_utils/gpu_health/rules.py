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


def gpu_findings(hosts: Mapping[str, Facts], uses: Mapping[str, GpuUse] | None = None) -> list[Finding]:
    """The findings about all hosts with a GPU. ``uses`` are what a job does with them; without, no job is at hand."""
    found = [
        Finding(host, one.severity, SUBJECT, one.found, one.remedy)
        for host, facts in hosts.items()
        for one in host_problems(facts, (uses or {}).get(host))
    ]
    return [*found, *_other_drivers(hosts)]


def _other_drivers(hosts: Mapping[str, Facts]) -> Iterator[Finding]:
    """Hosts whose driver is another one than that of most."""
    versions = {host: facts["driver_version"] for host, facts in hosts.items() if facts["driver_version"]}
    if len(set(versions.values())) < 2:
        return
    (most, _count), *_others = Counter(versions.values()).most_common()
    example = min(host for host, version in versions.items() if version == most)
    for host, version in versions.items():
        if version != most:
            yield Finding(
                host,
                WARNING,
                SUBJECT,
                f"NVIDIA's driver is {version}, and {most} on {example}",
                "Install the same driver on all hosts, so that they compute by the same code.",
            )
