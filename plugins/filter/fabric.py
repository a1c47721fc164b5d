# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role fabric: from host variables to endpoints, to the plan, and to its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choice import Wanted, as_result
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.fabric import (
    host_network_environments,
    members,
    plan_fabric,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.networks import Facts, Measurement, find_networks
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.table import table_lines

OBSERVED = "fabric_observed"
MEASURED = "fabric_measured"
BY_HOST = ("swarm_advertise_addr", "swarm_data_path_addr")

HostVariables = Mapping[str, Mapping[str, Any]]


def fabric_endpoints(hostvars: HostVariables, hosts: Sequence[str]) -> list[dict[str, Any]]:
    """Every interface of every network that may connect these hosts."""
    return [
        {"network": network.name, "host": one.host, "address": one.address, "mtu": one.mtu}
        for network in find_networks(_facts(hostvars, hosts))
        for one in network.endpoints.values()
    ]


def fabric_is_settled(hostvars: HostVariables, hosts: Sequence[str]) -> bool:
    """Whether every host is a node of one swarm of theirs already, so that there is nothing left to choose."""
    facts = _facts(hostvars, hosts)
    return len(members(facts)) == len(hosts)


def fabric_measurements(hostvars: HostVariables, hosts: Sequence[str]) -> list[Measurement]:
    """What was measured from all of these hosts; nothing where nothing was."""
    return [row for host in hosts for row in hostvars[host].get(MEASURED) or ()]


def fabric_decision(hostvars: HostVariables, hosts: Sequence[str], **wanted: Any) -> dict[str, Any]:
    """The plan for these hosts; C(problem) says why there is none."""
    by_host = {name: {host: str(hostvars[host].get(name) or "") for host in hosts} for name in BY_HOST}
    everything = Wanted(
        advertise_addr=by_host["swarm_advertise_addr"], data_path_addr=by_host["swarm_data_path_addr"], **wanted
    )
    facts = _facts(hostvars, hosts)
    if not facts:
        return {"problem": _nobody_answered(hostvars, hosts), "choices": [], **as_result([])}
    try:
        choices = plan_fabric(facts, fabric_measurements(hostvars, hosts), everything)
    except PlanError as error:
        return {"problem": error.message, "choices": [], **as_result([])}
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"The plan of the networks cannot be made: {error}") from error
    return {"problem": "", "choices": [asdict(one) for one in choices], **as_result(choices)}


def fabric_host_environments(hostvars: HostVariables, data_path: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What pins NCCL and gloo to the interface of each host's data path, by host."""
    return host_network_environments(_facts(hostvars, list(data_path)), data_path)


def _nobody_answered(hostvars: HostVariables, hosts: Sequence[str]) -> str:
    said = [(hostvars[host].get(OBSERVED) or {}).get("msg") for host in hosts]
    first = " ".join(str(next(filter(None, said), "no answer")).split()).rstrip(".")
    return (
        f"No host of the play could be observed ({', '.join(hosts)}): {first}. Run playbooks/preflight.yml, which says "
        "of each host what keeps it from answering."
    )


def _facts(hostvars: HostVariables, hosts: Sequence[str]) -> dict[str, Facts]:
    """Of the hosts that were observed; the others are findings of the preflight."""
    observed = {host: hostvars[host].get(OBSERVED) or {} for host in hosts}
    return {host: facts for host, facts in observed.items() if "interfaces" in facts}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "fabric_endpoints": fabric_endpoints,
            "fabric_host_environments": fabric_host_environments,
            "fabric_is_settled": fabric_is_settled,
            "fabric_measurements": fabric_measurements,
            "fabric_plan": fabric_decision,
            "fabric_table": table_lines,
        }
