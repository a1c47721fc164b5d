# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the facts of M(distrain.cluster.gpu_info) of all hosts -> what is wrong with their GPUs, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.distrain.cluster.plugins.module_utils.gpu.claims import is_claimed

from ..findings.finding import Finding
from .driver import installation_problems
from .errors import memory_problems, recovery_problems, xid_problems
from .image import image_problems
from .limits import limit_problems
from .links import fabric_problems, nvlink_problems, pcie_problems
from .presence import gpu_problems, other_library, unlisted_gpus, unread_gpus
from .problem import ERROR, WARNING, Facts, GpuProblem, GpuUse
from .state import clock_problems, mig_problems, persistence_problems, process_problems

SUBJECT = "gpu"


def gpu_findings(hosts: Mapping[str, Facts], uses: Mapping[str, GpuUse] | None = None) -> list[Finding]:
    """The findings about all hosts with a GPU. ``uses`` are what a job does with them; without, no job is at hand."""
    found = [
        Finding(host, one.severity, SUBJECT, one.found, one.remedy)
        for host, facts in hosts.items()
        for one in host_problems(facts, (uses or {}).get(host))
    ]
    return [*found, *_other_drivers(hosts)]


def host_problems(facts: Facts, use: GpuUse | None = None) -> Iterator[GpuProblem]:
    """The problems of one host; with ``use`` those of the GPUs that the job gets."""
    if facts["nvidia_smi"] is None:
        return
    smi, addresses = facts["nvidia_smi"], [one["pci_address"] for one in facts["driver_gpus"]]
    missing = list(gpu_problems(facts["bus"], addresses, smi["rc"], smi["said"], facts["driver_installation"]))
    yield from missing
    if not facts["gpus"] and any(one.severity == ERROR for one in missing):
        return
    unread = list(unread_gpus(facts))
    if unread:
        yield from unread
        return
    wanted = _claimed(facts, use)
    yield from (*unlisted_gpus(facts), *other_library(facts), *installation_problems(facts), *_xids(facts, wanted))
    yield from _unread(facts)
    for gpu in wanted:
        yield from (*memory_problems(gpu), *recovery_problems(gpu), *pcie_problems(gpu), *clock_problems(gpu))
        yield from (*mig_problems(gpu, use), *process_problems(gpu, use))
    yield from (*nvlink_problems(facts, wanted), *fabric_problems(facts, wanted), *persistence_problems(wanted))
    if use:
        yield from (*image_problems(facts, wanted, use), *limit_problems(facts, use))


def _claimed(facts: Facts, use: GpuUse | None) -> list[Facts]:
    """Those that the job's container gets."""
    return [one for one in facts["gpus"] if not use or is_claimed(one, use.claimed)]


def _xids(facts: Facts, wanted: Sequence[Facts]) -> Iterator[GpuProblem]:
    """Those of these GPUs, and of GPUs that are not listed, which the job may lack."""
    others = {one["pci_address"] for one in facts["gpus"]} - {one["pci_address"] for one in wanted}
    return xid_problems({**facts, "xids": [one for one in facts["xids"] if one["pci_address"] not in others]})


def _unread(facts: Facts) -> Iterator[GpuProblem]:
    for one in facts["problems"]:
        yield GpuProblem(WARNING, one.rstrip("."), "Nothing of it is judged; run the command on the host to see why.")


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
