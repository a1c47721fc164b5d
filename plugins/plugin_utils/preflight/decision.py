# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: everything that stands in the way of a cluster of the hosts of a play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..findings.finding import Finding, worst_first
from ..findings.keeper_port import keeper_port_findings
from ..findings.network import network_findings
from .checks import host_findings
from .report import HostReport, PreflightSettings


def find_everything(
    reports: Sequence[HostReport],
    measurements: Sequence[Mapping[str, Any]],
    settings: PreflightSettings,
    mirrors: Sequence[Finding] = (),
) -> list[dict[str, str]]:
    """The findings about the hosts, about the networks between them, and about mirrors that were asked, worst first."""
    facts = {one.name: one.facts for one in reports if one.facts is not None}
    measured = [row for row in measurements if row["source"] in facts]
    found = [
        *host_findings(reports, settings),
        *mirrors,
        *network_findings(measured, facts, settings.managers, settings.encrypted),
        *keeper_port_findings(measured, settings.data_networks),
    ]
    return worst_first(found, [one.name for one in reports])
