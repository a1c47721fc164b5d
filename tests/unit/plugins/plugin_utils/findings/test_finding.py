# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.finding import ALL_HOSTS, Finding, worst_first


def test_the_worst_stands_first_and_hosts_keep_their_order() -> None:
    placed = [("note", "a"), ("error", "b"), ("error", "a"), ("warning", "a"), ("error", ALL_HOSTS)]
    findings = [Finding(host, severity, "subject", "found", "remedy") for severity, host in placed]
    assert [(one["severity"], one["host"]) for one in worst_first(findings, ["a", "b"])] == [
        ("error", "all"),
        ("error", "a"),
        ("error", "b"),
        ("warning", "a"),
        ("note", "a"),
    ]
