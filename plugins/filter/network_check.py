# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role network_check: who takes part, what runs, and what follows from it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce import command as allreduce_command
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce import history as allreduce_history_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce import measurement as allreduce_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.table import failure_message, measurement_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.filter_error import told_as_filter_error

OUTCOMES = "network_check_outcomes"
OBSERVED = "fabric_observed"


@told_as_filter_error()
def all_reduce_layout(
    processes: Mapping[str, int], hosts: Sequence[str], first: str, data_path: Mapping[str, str], subnet: str
) -> dict[str, Any]:
    """The host of each rank, and how the ranks find each other on each network."""
    return allreduce_command.plan_ranks(hosts, first, processes, data_path, subnet)


def all_reduce_command(layout: Mapping[str, Any], options: Mapping[str, Any], host: str, network: str) -> list[str]:
    """What one container runs."""
    return allreduce_command.command(layout, options, host, network)


def all_reduce_outcomes(
    results: Sequence[Mapping[str, Any]], ended: Sequence[Mapping[str, Any]], host: str
) -> dict[str, Any]:
    """By network what the containers of a host have written; ``results`` and ``ended`` are of the same loop."""
    found = {}
    for result, end in zip(results, ended, strict=True):
        written = b64decode(result["content"]).decode() if result.get("content") else None
        state = (end.get("container") or {}).get("State") or {}
        found[result["item"]] = allreduce_plan.outcome(written, host, state)
    return found


def all_reduce_measurement(
    hostvars: Mapping[str, Mapping[str, Any]],
    about: Mapping[str, Any],
    addresses: Mapping[str, str],
    job_network: str,
    limits: Mapping[str, Any],
    history: Mapping[str, Any],
) -> dict[str, Any]:
    """The measurement as it is kept: under which conditions what was measured, and the verdict."""
    hosts = list(dict.fromkeys(about["ranks"]))
    outcomes = [hostvars[host][OUTCOMES] for host in hosts]
    measured = {network: allreduce_plan.gather(outcomes, network) for network in outcomes[0]}
    cluster = allreduce_history_plan.cluster_name({host: addresses[host] for host in hosts})
    baseline = allreduce_history_plan.baseline_of(history, cluster)
    differs = allreduce_history_plan.difference(about, baseline) if baseline else ""
    verdict = allreduce_plan.judge(
        measured, about["ranks"], job_network, allreduce_plan.Limits(**limits), None if differs else baseline
    )
    versions = {name: value for one in measured.values() for name, value in one["versions"].items()}
    seen = [{"host": host, "address": addresses[host], **_seen(hostvars[host])} for host in hosts]
    against = baseline["date"] if baseline and not differs else ""
    return {
        "cluster": cluster,
        **about,
        "versions": versions,
        "hosts": seen,
        **verdict,
        "compared_with": against,
        "not_compared": differs,
    }


def _seen(variables: Mapping[str, Any]) -> dict[str, Any]:
    observed = variables.get(OBSERVED) or {}
    return {"kernel": observed.get("kernel"), "engine": (observed.get("engine") or {}).get("version")}


def all_reduce_history(history: Mapping[str, Any], measurement: Mapping[str, Any], replace: bool) -> dict[str, Any]:
    """The history with this measurement."""
    return allreduce_history_plan.add(history, measurement["cluster"], measurement, replace)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "all_reduce_command": all_reduce_command,
            "all_reduce_failure": failure_message,
            "all_reduce_history": all_reduce_history,
            "all_reduce_layout": all_reduce_layout,
            "all_reduce_outcomes": all_reduce_outcomes,
            "all_reduce_measurement": all_reduce_measurement,
            "all_reduce_table": measurement_lines,
        }
