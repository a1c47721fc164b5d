# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the result of a network check as it is kept: what was measured under which conditions, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .history import baseline_of, cluster_name, difference
from .measurement import Limits, Outcome, gather, judge
from .tuning import choose

LIMITS = ("large_bytes", "overlay_cost_percent", "regression_percent")


def conditions(decision: Mapping[str, Any], arguments: Mapping[str, Any], date: str) -> dict[str, Any]:
    """Return under which conditions the check was made."""
    return {
        "date": date,
        "ranks": decision["ranks"],
        "backend": decision["backend"],
        "image": arguments["image"],
        "overlay": arguments["overlay"],
    }


def result_of(
    outcomes: Mapping[str, Mapping[str, Mapping[str, Outcome]]],
    about: Mapping[str, Any],
    decision: Mapping[str, Any],
    observed: Mapping[str, Mapping[str, Any]],
    fabric: Mapping[str, Any],
    arguments: Mapping[str, Any],
    history: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result; ``outcomes`` are those of each host by network and tuning, ``observed`` each host's facts."""
    hosts = list(dict.fromkeys(about["ranks"]))
    addresses = {host: fabric["data_path_addrs"][host] for host in hosts}
    limits = Limits(**{name: arguments[name] for name in LIMITS})
    tried = {network: gather([outcomes[host] for host in hosts], network) for network in arguments["networks"]}
    tunings = {name: choose(one, decision["tunings"][name], limits.large_bytes) for name, one in tried.items()}
    measured = {network: tried[network][one["name"]] for network, one in tunings.items()}
    cluster = cluster_name(addresses)
    baseline = baseline_of(history, cluster)
    differs = difference(about, baseline) if baseline else ""
    compared = None if differs else baseline
    verdict = judge(measured, about["ranks"], fabric["job_network"], limits, compared)
    return {
        "cluster": cluster,
        **about,
        "versions": {name: value for one in measured.values() for name, value in one["versions"].items()},
        "hosts": _hosts(hosts, addresses, observed),
        **verdict,
        "tunings": tunings,
        "compared_with": compared["date"] if compared else "",
        "not_compared": differs,
    }


def _hosts(
    hosts: Sequence[str], addresses: Mapping[str, str], observed: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {
            "host": host,
            "address": addresses[host],
            "kernel": observed[host].get("kernel"),
            "engine": (observed[host].get("engine") or {}).get("version"),
        }
        for host in hosts
    ]
