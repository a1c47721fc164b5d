# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each host needs to be a node of the swarm, decided once for all hosts of the play."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.cluster import Cluster, Host
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.decision import decide

SERVICES = "__swarm_services"
# No service differs by these arguments.
OF_A_HOST = ("advertise_addr", "data_path_addr", "state", "availability")
ARGUMENTS: dict[str, Any] = {"settled": {"type": "bool", "default": False}}


class ActionModule(PlayDecision):
    role = "swarm"
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        cluster = self._cluster(play)
        decision = decide(cluster)
        if arguments["settled"] or not decision["is_unsettled"]:
            self.show(decision["unlisted"])
        return decision

    def _cluster(self, play: PlayVariables) -> Cluster:
        fabric = play.own["fabric_decision"]
        given, observed = play.registered("swarm_arguments"), play.registered("fabric_observed")
        hosts = {
            name: Host(
                name=name,
                arguments=given[name],
                observed=observed[name],
                chosen=fabric["hosts"].get(name) or {},
                role="manager" if name in play.managers else "worker",
            )
            for name in play.left
            # In check mode, a host that would only get its engine now takes no part.
            if given[name]
        }
        return Cluster(
            hosts=hosts,
            first_manager=play.own["swarm_arguments"]["first_manager"],
            inventory=play.groups["all"],
            inventory_names=self._names(play),
            overlay=fabric["overlay"],
            services=self._services(play, hosts),
            firewall_hosts=play.groups.get("gpu_hosts") or play.hosts,
            chosen=fabric["hosts"],
            missing=[name for name in play.hosts if name not in play.left],
            is_limited="ansible_limit" in play.own or not all(given[name] for name in play.left),
        )

    def _names(self, play: PlayVariables) -> Sequence[str]:
        """The names of all hosts of the inventory, and the addresses at which Ansible connects to them."""
        hosts = play.groups["all"]
        return [*hosts, *(str(play.variables(host).get("ansible_host", "")) for host in hosts)]

    def _services(self, play: PlayVariables, hosts: Mapping[str, Host]) -> Any:
        """The services of a host from the variables of the role; hosts that differ in nothing share them."""
        known: dict[str, Sequence[Mapping[str, Any]]] = {}

        def services(name: str, decided: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
            arguments = {key: value for key, value in hosts[name].arguments.items() if key not in OF_A_HOST}
            key = json.dumps([arguments, decided["heal_waits"], decided["firewall"]], sort_keys=True, default=str)
            if key not in known:
                variables = {
                    **play.own,
                    "inventory_hostname": name,
                    "swarm_arguments": hosts[name].arguments,
                    "swarm_decision": {"hosts": {name: decided}},
                }
                templar = self._templar.copy_with_new_env(available_variables=variables)
                known[key] = templar.template(play.own[SERVICES])
            return known[key]

        return services
