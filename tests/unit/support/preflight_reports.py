# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The findings of the preflight from the variables of hosts, as its action makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.action.preflight_decision import report_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.decision import find_everything
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.report import PreflightSettings


def preflight_findings(hostvars: Mapping[str, Mapping[str, Any]], **settings: Any) -> list[dict[str, str]]:
    """``hostvars`` hold C(fabric_observed) and C(preflight_arguments) of each host beside its connection variables."""
    reports = [
        report_of(name, one, one.get("preflight_arguments") or {}, one.get("fabric_observed") or {})
        for name, one in hostvars.items()
    ]
    return find_everything(reports, [], PreflightSettings(**settings))
