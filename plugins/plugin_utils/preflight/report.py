# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The input of the rules of the preflight: a report of every host, and the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..findings.finding import Finding


@dataclass(frozen=True)
class HostReport:
    """A host: its connection, and what M(distrain.cluster.host_info) returned, or why it returned nothing."""

    name: str
    address: str
    port: str = "22"
    user: str = ""
    key_file: str = ""
    swarm_address: str = ""
    docker_source: str = "distribution"
    leave_foreign: bool = False
    # Whether docker_daemon_options ask for containerd's image store; None where they do not say.
    wants_containerd: bool | None = None
    # The version of docker-ce that docker_package_versions pin; empty for none.
    docker_ce_version: str = ""
    gpu_present: str = "auto"
    facts: Mapping[str, Any] | None = None
    unreachable: bool = False
    reason: str = ""

    @property
    def engine(self) -> Mapping[str, Any]:
        return (self.facts or {}).get("engine") or {}


@dataclass(frozen=True)
class PreflightSettings:
    managers: Sequence[str] = ()
    network_subnet: str = ""
    minimum_disk_bytes: int = 0
    network_problem: str = ""
    encrypted: bool = False
    # What is done about GPUs that are sick: refuse, warn or ignore.
    gpu_health: str = "refuse"
    # The network of each host's address for data.
    data_networks: Mapping[str, str] = field(default_factory=dict)


Rule = Callable[[Sequence[HostReport], PreflightSettings], Iterator[Finding]]


def answering(reports: Sequence[HostReport]) -> Iterator[tuple[HostReport, Mapping[str, Any]]]:
    """The hosts that were observed, each with its facts."""
    for report in reports:
        if report.facts is not None:
            yield report, report.facts
