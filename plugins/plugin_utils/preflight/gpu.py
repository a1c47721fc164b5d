# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the GPUs of the hosts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.driver import UNSUPPORTED

from ..findings.finding import Finding
from ..gpu_health.rules import gpu_findings
from .report import HostReport, PreflightSettings, answering

SUBJECT = "nvidia_toolkit"


def find_gpu_problems(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    counts = {report.name: len(facts["gpus"]) for report, facts in answering(reports)}
    platforms = {
        report.name: str((facts.get("gpu") or {}).get("platform") or "") for report, facts in answering(reports)
    }
    for name, count in counts.items():
        if platforms[name]:
            found, remedy = UNSUPPORTED[platforms[name]]
            yield Finding(name, "warning", SUBJECT, f"its GPU cannot be used: {found}", remedy)
        elif not count:
            severity = "warning" if any(counts.values()) else "note"
            remedy = "Nothing to do where trainers are to run on the CPU."
            yield Finding(name, severity, SUBJECT, "has no NVIDIA GPU", remedy)
    observed = {
        report.name: facts["gpu"]
        for report, facts in answering(reports)
        if facts.get("gpu") and report.gpu_present != "absent"
    }
    for one in gpu_findings(observed) if wanted.gpu_health != "ignore" else ():
        is_refused = wanted.gpu_health == "refuse" or one.severity != "error"
        yield one if is_refused else replace(one, severity="warning")
