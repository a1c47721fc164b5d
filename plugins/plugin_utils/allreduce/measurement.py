# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: from all-reduces timed over the overlay and over the host network to the network that a job should use.

Bandwidths are in bytes a second: the algorithm's is the size of the message by the time; the bus's, 2(n-1)/n of it, is
what each of n ranks sends, and can be held against the speed of an interface.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import JobContext, read_cause

from ..fabric.tuning import DEFAULT

# What NCCL fails with may be the network's.
_OF_NETWORK = ("nccl_error", "no_interface", "port_taken")
OVERLAY, HOST = "overlay", "host"
NETWORKS = (OVERLAY, HOST)

Outcome = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """``large_bytes``: from this size on a message's bandwidth counts. The percentages: what is too much."""

    large_bytes: int
    overlay_cost_percent: float
    regression_percent: float


def outcome(written: str, host: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return by tuning what a container has written about its ranks, or how it ended where that is empty."""
    if written:
        return json.loads(written)
    problem = f"the container on {host} {_end(state)} and left no result"
    return {DEFAULT: {"rows": [], "versions": {}, "problem": problem}}


def _end(state: Mapping[str, Any]) -> str:
    if not state:
        return "is gone"
    if state.get("OOMKilled"):
        return "was killed for memory"
    if state.get("Running"):
        return "has not ended"
    return f"ended with exit code {state.get('ExitCode', '?')}"


def gather(outcomes: Sequence[Mapping[str, Mapping[str, Outcome]]], network: str) -> dict[str, dict[str, Any]]:
    """Return the outcome of one network with each tuning: the rows of the first rank's host, any host's first problem.

    A tuning that not all hosts have tried is left out, as one of them has said why.
    """
    of_hosts = [one[network] for one in outcomes if network in one]
    if not of_hosts:
        return {DEFAULT: {"rows": [], "versions": {}, "problem": ""}}
    return {
        tuning: {**first, "problem": next((one[tuning]["problem"] for one in of_hosts if one[tuning]["problem"]), "")}
        for tuning, first in of_hosts[0].items()
        if all(tuning in one for one in of_hosts)
    }


def judge(
    measured: Mapping[str, Outcome],
    ranks: Sequence[str],
    job_network: str,
    limits: Limits,
    baseline: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """``job_network`` is what a job uses now; ``baseline`` is an earlier measurement of the same ranks, if any.

    What did not come to its end is not compared: it may have stood still before.
    """
    rows = table(measured, len(ranks))
    problems = [
        {"network": network, "found": measured[network]["problem"]}
        for network in NETWORKS
        if network in measured and measured[network]["problem"]
    ]
    before = baseline["rows"] if baseline and not problems else []
    cost = overlay_cost(rows, limits.large_bytes)
    network, reason = _recommend(measured, problems, cost, job_network, limits)
    return {
        "rows": rows,
        "problems": problems,
        "overlay_cost_percent": cost,
        "network": network,
        "reason": reason,
        "remedy": _remedy(network, job_network),
        "regressions": regressions(rows, before, limits.regression_percent),
    }


def table(measured: Mapping[str, Outcome], ranks: int) -> list[dict[str, Any]]:
    """One row a size, with the median of its rounds on each network, and the share of the bandwidth that is left."""
    sizes = sorted({row["bytes"] for one in measured.values() for row in one["rows"]})
    return [_row(size, measured, ranks) for size in sizes]


def overlay_cost(rows: Iterable[Row], large_bytes: int) -> float | None:
    """The percentage of the host network's bandwidth that the overlay costs large messages; None where unknown.

    A negative one says that the overlay was faster. The largest messages count where none is large.
    """
    known = [row for row in rows if row["ratio"] is not None]
    large = [row for row in known if row["bytes"] >= large_bytes] or known[-1:]
    return round(100 * (1 - median(row["ratio"] for row in large)), 1) if large else None


def regressions(rows: Iterable[Row], before: Iterable[Row], percent: float) -> list[dict[str, Any]]:
    """Where a bus bandwidth has fallen by more than ``percent`` since then."""
    earlier = {row["bytes"]: row for row in before}
    found = []
    for row in rows:
        for network in NETWORKS:
            now, then = row.get(network), earlier.get(row["bytes"], {}).get(network)
            if not now or not then:
                continue
            lost = 100 * (1 - now["bus"] / then["bus"])
            if lost > percent:
                figures = {"before": then["bus"], "now": now["bus"], "percent": round(lost, 1)}
                found.append({"network": network, "bytes": row["bytes"], **figures})
    return found


def _row(size: int, measured: Mapping[str, Outcome], ranks: int) -> dict[str, Any]:
    figures = {network: _figures(size, measured[network]["rows"], ranks) for network in NETWORKS if network in measured}
    overlay, host = figures.get(OVERLAY), figures.get(HOST)
    ratio = round(overlay["bus"] / host["bus"], 3) if overlay and host else None
    return {"bytes": size, OVERLAY: overlay, HOST: host, "ratio": ratio}


def _figures(size: int, rows: Iterable[Row], ranks: int) -> dict[str, float] | None:
    rounds = [row["seconds"] for row in rows if row["bytes"] == size]
    if not rounds:
        return None
    seconds = median(rounds)
    algorithm = size / seconds
    return {"seconds": seconds, "algorithm": algorithm, "bus": algorithm * 2 * (ranks - 1) / ranks}


def _recommend(
    measured: Mapping[str, Outcome],
    problems: Sequence[Mapping[str, str]],
    cost: float | None,
    job_network: str,
    limits: Limits,
) -> tuple[str, str]:
    broken = {one["network"] for one in problems}
    whole = [network for network in NETWORKS if network in measured and network not in broken]
    elsewhere = [one["found"] for one in problems if not _may_be_of_network(one["found"])]
    if elsewhere or not whole:
        reason = f"one failed for another reason than its network ({elsewhere[0]})" if elsewhere else ""
        return "", reason or "no all-reduce came to its end"
    if broken:
        return whole[0], f"only over the {_word(whole[0])} did all of it come to its end"
    if cost is None:
        return job_network, f"only the {_word(whole[0])} was measured"
    if cost > limits.overlay_cost_percent:
        reason = f"the overlay costs large messages {cost:g} % of their bandwidth, more than the"
        return HOST, f"{reason} {limits.overlay_cost_percent:g} % of network_check_overlay_cost_percent"
    if cost < 0:
        return OVERLAY, f"over the overlay large messages had {-cost:g} % more bandwidth"
    return OVERLAY, f"the overlay costs large messages {cost:g} % of their bandwidth"


def _may_be_of_network(problem: str) -> bool:
    """Whether the network can be the reason, or nothing else is known to be."""
    cause = read_cause([problem], JobContext())
    return cause is None or cause.of_network or cause.kind in _OF_NETWORK


def _remedy(network: str, job_network: str) -> str:
    """What is to be set where a job should use another network than it does."""
    if network in {"", job_network}:
        return ""
    return f"Set fabric_job_network: {network} and run playbooks/train.yml again."


def _word(network: str) -> str:
    return "overlay" if network == OVERLAY else "host network"
