# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the GPUs of the hosts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..findings.finding import Finding
from .gpu_problems import gpu_problems
from .report import HostReport, PreflightSettings, answering

SUBJECT = "nvidia_toolkit"


def find_gpu_problems(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    counts = {report.name: len(facts["gpus"]) for report, facts in answering(reports)}
    for report, facts in answering(reports):
        if not counts[report.name]:
            severity = "warning" if any(counts.values()) else "note"
            remedy = "Nothing to do where trainers are to run on the CPU."
            yield Finding(report.name, severity, SUBJECT, "has no NVIDIA GPU", remedy)
        elif facts.get("nvidia_smi") and report.gpu_present != "absent":
            smi = facts["nvidia_smi"]
            for one in gpu_problems(facts["gpus"], facts.get("driver_gpus"), smi["rc"], smi["said"]):
                yield Finding(report.name, one.severity, SUBJECT, one.found, one.remedy)
