# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what each host needs to be a node of the swarm as it is wanted, decided from one observation of all hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.overlay.plan import NetworkState, plan_overlay_network
from ansible_collections.distrain.cluster.plugins.module_utils.service.plan import differing_services
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.network import EngineNetwork
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership

from .cluster import Cluster, Host
from .firewall import GOSSIP_PORT, firewall_addresses, listen_port, swarm_addresses, transfer_ports
from .keepalive import is_on_network, keepalive_differences, keepalive_digest, keepalive_settings
from .needs import has_steps, host_needs, member_params, unlisted_sentences
from .refusals import refuse_hosts, refuse_missing_python, refuse_removal


def decide(cluster: Cluster) -> dict[str, Any]:
    """The decision, as M(distrain.cluster.swarm_decision) returns it; PlanError where no swarm can be made."""
    refuse_hosts(cluster)
    refuse_removal(cluster)
    network = _network(cluster)
    hosts = {name: _host(cluster, host, network) for name, host in cluster.hosts.items()}
    is_unsettled = cluster.arguments["remove_unlisted"] or any(one["membership"] for one in hosts.values())
    if cluster.first:
        first = hosts[cluster.first_manager]
        first["acts"] = first["acts"] or network["differs"]
        needs = (is_unsettled, network["differs"], cluster.arguments["rotate_tokens"])
        first["needs_python"] = first["needs_python"] or any(needs)
    refuse_missing_python(cluster, hosts)
    carriers = [name for name, host in cluster.hosts.items() if host.carries]
    return {
        "hosts": hosts,
        "is_unsettled": is_unsettled,
        "network": network,
        "view": dict(cluster.first.membership) if cluster.first else {},
        "working_managers": _working_managers(cluster),
        "members": [one["member"] for one in hosts.values()],
        "node_ids": [hosts[name]["node_id"] for name, host in cluster.hosts.items() if host.is_present],
        "inventory_names": list(cluster.inventory_names),
        "carriers": carriers,
        "endpoints": _endpoints(cluster, carriers),
        "unlisted": _unlisted(cluster),
    }


def _host(cluster: Cluster, host: Host, network: Mapping[str, Any]) -> dict[str, Any]:
    arguments = host.arguments
    wanted = {
        "is_first": host.name == cluster.first_manager,
        "role": host.role,
        "advertise_addr": host.address("advertise_addr"),
        **{name: arguments[name] for name in ("state", "availability", "data_path_port")},
    }
    view = cluster.first.membership if cluster.first else {}
    membership = host_needs(host.membership, view, wanted)
    keepalive = _keepalive(host, network)
    decided: dict[str, Any] = {
        "state": arguments["state"],
        "role": host.role,
        "advertise_addr": wanted["advertise_addr"],
        "data_path_addr": host.address("data_path_addr"),
        "node_id": host.membership.get("node_id") or "",
        "is_manager": bool(host.membership.get("is_manager")),
        "membership": membership,
        "member": member_params(host.membership, wanted),
        "keepalive": keepalive,
        # Managers would wait for each other.
        "heal_waits": arguments["heal_wait"] > 0 and host.role == "worker",
        "firewall": _firewall(cluster, host),
    }
    # Where the network is made anew, every host has to make way.
    makes_way = network["differs"] and arguments["network_recreate"]
    services = differing_services(host.observed.get("services"), cluster.services(host.name, decided))
    return {
        **decided,
        "services": services,
        "acts": bool(keepalive["differs"] or services or makes_way),
        "needs_python": bool(membership or keepalive["differs"] or makes_way),
    }


def _network(cluster: Cluster) -> dict[str, Any]:
    """The overlay network as it is wanted, its ID where there is one, and whether it differs.

    Where the swarm of the first manager is out of order, the network is not known: its module compares it later, if the
    step of the membership gets that far.
    """
    arguments = cluster.arguments
    wanted = {
        "subnet": arguments["network_subnet"] or cluster.overlay["subnet"],
        "mtu": arguments["network_mtu"] or cluster.overlay["mtu"],
    }
    if cluster.first is None:
        # Not known, and taken for unchanged.
        return {**wanted, "id": "", "differs": False}
    known = [EngineNetwork.from_facts(one) for one in cluster.first.engine.get("overlay_networks") or ()]
    found = next((one for one in known if one.name == arguments["network_name"]), None)
    if cluster.first.membership.get("error"):
        return {**wanted, "id": found.id if found else "", "differs": True}
    params = {
        **wanted,
        **{"name": arguments["network_name"], "state": "present", "gateway": None, "recreate": False},
        **{"attachable": True, "internal": False},
        **{"encrypted": arguments["network_encrypted"], "labels": arguments["network_labels"]},
    }
    state = NetworkState(bool(cluster.first.membership.get("is_manager")), found)
    differs = found is None or has_steps(lambda: plan_overlay_network(state, params))
    if found and state.is_manager and differs and not arguments["network_recreate"]:
        _refuse_network(cluster.first_manager, state, params)
    return {**wanted, "id": found.id if found else "", "differs": differs}


def _refuse_network(name: str, state: NetworkState, params: Mapping[str, Any]) -> None:
    """Raise PlanError where the network cannot be as it is wanted, by the plan of the module that would make it so."""
    try:
        plan_overlay_network(state, params)
    except PlanError as error:
        raise PlanError(f"{name}: {error.message}") from error


def _keepalive(host: Host, network: Mapping[str, Any]) -> dict[str, Any]:
    settings = keepalive_settings(host.arguments, host.name)
    found = (host.engine.get("containers") or {}).get(host.arguments["keepalive_name"]) or {}
    differs = keepalive_differences(found, settings, network["id"]) if host.carries else []
    if host.carries and network["differs"] and "network" not in differs:
        differs.append("network")
    return {
        "differs": differs,
        "exists": bool(found),
        # Its network cannot be exchanged while it runs.
        "recreate": bool(found) and (network["differs"] or not is_on_network(found, network["id"])),
        "settings": settings,
        "digest": keepalive_digest(settings),
    }


def _firewall(cluster: Cluster, host: Host) -> dict[str, Any]:
    """The addresses by family, and the ports of the swarm, keepers and transfers; nothing without a firewall."""
    manager_port = listen_port(host.arguments["listen_addr"])
    ports = list(dict.fromkeys((manager_port, GOSSIP_PORT, host.arguments["keeper_port"])))
    transfers = transfer_ports(host.arguments["transfer_ports"], ports)
    if not host.arguments["firewall"]:
        return {}
    allowed = host.arguments["firewall_allow"] or swarm_addresses(cluster.chosen, cluster.firewall_hosts)
    needed = swarm_addresses(cluster.chosen, list(cluster.hosts))
    return {
        "addresses": firewall_addresses(allowed, needed),
        "ports": ports,
        "transfer_ports": transfers,
    }


def _working_managers(cluster: Cluster) -> list[str]:
    """The managers other than the first one that manage a swarm which works."""
    others = [one for one in cluster.hosts.values() if one.role == "manager" and one.name != cluster.first_manager]
    found = [(one.name, Membership.from_result(one.membership)) for one in others]
    return [name for name, membership in found if membership.is_manager and membership.works]


def _endpoints(cluster: Cluster, carriers: list[str]) -> list[dict[str, str]]:
    """One endpoint for each host, by the name of its keepalive container."""
    arguments = cluster.arguments
    return [
        {"network": arguments["network_name"], "host": host, "name": f"{arguments['keepalive_name']}-{host}"}
        for host in carriers
    ]


def _unlisted(cluster: Cluster) -> list[str]:
    """A sentence for each node that is no host of the inventory; none where not every host was asked."""
    if not cluster.is_whole or cluster.first is None or cluster.arguments["remove_unlisted"]:
        return []
    memberships = [one.membership for one in cluster.hosts.values()]
    return unlisted_sentences(memberships, cluster.first.membership.get("nodes") or (), cluster.inventory_names)
