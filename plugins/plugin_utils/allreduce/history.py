# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the history of the network check: of each cluster the baseline and the latest result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FILE_NAME = "network-check.json"
SCHEMA = 1
# What has to be the same for two measurements to be compared.
CONDITIONS = ("ranks", "backend")

Measurement = Mapping[str, Any]
History = Mapping[str, Any]


def cluster_name(addresses: Mapping[str, str]) -> str:
    """The hosts with the addresses of their data path: two inventories may give their hosts the same names."""
    return ", ".join(f"{host} ({addresses[host]})" for host in sorted(addresses))


def baseline_of(history: History, cluster: str) -> Measurement | None:
    return history.get("clusters", {}).get(cluster, {}).get("baseline")


def difference(now: Measurement, baseline: Measurement) -> str:
    """What keeps the two from being compared; empty where nothing does."""
    for name in CONDITIONS:
        if now[name] != baseline[name]:
            return f"{name}: {_words(baseline[name])} then, {_words(now[name])} now"
    return ""


def add(history: History, cluster: str, now: Measurement, replace: bool) -> dict[str, Any]:
    """The history with this measurement. One with problems never becomes a baseline."""
    before = baseline_of(history, cluster)
    is_new_baseline = not now["problems"] and (replace or before is None)
    entry = {"baseline": now if is_new_baseline else before, "latest": now}
    return {"schema": SCHEMA, "clusters": {**history.get("clusters", {}), cluster: entry}}


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    counts: Sequence[str] = [f"{value.count(host)} on {host}" for host in dict.fromkeys(value)]
    return " and ".join(counts)
