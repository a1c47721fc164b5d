# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the first thing in which two hosts differ that have to be alike, before a job is started on both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

ABSENT = "is not there"
_REMEDIES = {
    "settings": "Set trainer_launch_job_config alike for all hosts, not in host_vars.",
    "command": "Set trainer_launch_job_entry and trainer_launch_job_command alike for all hosts, not in host_vars.",
    "code": "Run this playbook on all hosts together, which writes it anew.",
    "data": (
        "Bring the same to all hosts (trainer_launch_copies, or distrain.cluster.tree_transfer), or take its directory "
        "out of trainer_launch_parity_paths."
    ),
}

Parts = Mapping[str, Any]


def parity_problem(seen: Mapping[str, Mapping[str, Parts]], hosts: Sequence[str]) -> str:
    """Empty where all hosts are alike. ``seen`` has for each host, by subject, what each of its parts is."""
    first = hosts[0]
    for host in hosts[1:]:
        for subject in seen[first]:
            here, there = seen[first][subject], seen[host].get(subject, {})
            part = _first_difference(here, there)
            if part is not None:
                return (
                    f"Hosts {first} and {host} differ in the {subject} of the job: {part} {_told(here, part)} on "
                    f"{first} and {_told(there, part)} on {host}. {_REMEDIES[subject]}"
                )
    return ""


def _first_difference(here: Parts, there: Parts) -> str | None:
    return next((part for part in sorted({*here, *there}) if here.get(part) != there.get(part)), None)


def _told(parts: Parts, part: str) -> str:
    if part not in parts:
        return ABSENT
    value = parts[part]
    return f"is {value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)}"
