# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A finding, and the order of findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

SEVERITIES = ("error", "warning", "note")
ALL_HOSTS = "all"


@dataclass(frozen=True)
class Finding:
    """``subject`` is the variable, group or file that the remedy is about."""

    host: str
    severity: str
    subject: str
    found: str
    remedy: str


def worst_first(findings: Iterable[Finding], hosts: Sequence[str]) -> list[dict[str, str]]:
    """Sort by severity, then in the order of the hosts; findings about all hosts come first."""
    order = {host: position for position, host in enumerate(hosts)}
    ordered = sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), order.get(one.host, -1)))
    return [asdict(one) for one in ordered]
