# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the overlay network, the containers that keep it, and the interfaces below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..findings.finding import ALL_HOSTS, Finding
from .observation import Cluster, Host

AGAIN = "Run playbooks/swarm.yml"
# Of an overlay network that does not say.
DEFAULT_MTU = 1500
HEAL = "distrain-heal.service"


def find_overlay_problems(cluster: Cluster) -> Iterator[Finding]:
    if cluster.view is None:
        return
    network = cluster.network
    if network is None:
        found = f"the swarm has no overlay network {cluster.network_name}"
        yield Finding(ALL_HOSTS, "error", "overlay", found, f"{AGAIN}, which makes it.")
        return
    yield from _settings(network, cluster)
    narrow = [one for host in cluster.nodes for one in _interface(host, network)]
    yield from narrow
    for host in cluster.nodes:
        yield from _keepalive(host, network, cluster)
        yield from _healing(host, cluster)
    yield from _measured(cluster, has_narrow=bool(narrow))


def carriers(cluster: Cluster) -> list[str]:
    """The hosts whose keepalive containers can be asked."""
    network = cluster.network
    return [host.name for host in cluster.nodes if network and not list(_keepalive(host, network, cluster))]


def _settings(network: Mapping[str, Any], cluster: Cluster) -> Iterator[Finding]:
    remedy = f"{AGAIN} with swarm_network_recreate set to true, while no job runs."
    name = f"the overlay network {network['name']}"
    mtu = network.get("mtu") or DEFAULT_MTU
    if cluster.network_mtu and cluster.network_mtu != mtu:
        found = f"{name} was made for an MTU of {mtu}, and swarm_network_mtu is {cluster.network_mtu}"
        yield Finding(ALL_HOSTS, "warning", "swarm_network_mtu", found, remedy)
    if bool(network.get("encrypted")) != cluster.network_encrypted:
        is_now = "is encrypted" if network.get("encrypted") else "is not encrypted"
        found = f"{name} {is_now}, and swarm_network_encrypted is {str(cluster.network_encrypted).lower()}"
        yield Finding(ALL_HOSTS, "warning", "swarm_network_encrypted", found, remedy)
    if not network.get("attachable"):
        found = f"{name} is not attachable, so that no trainer can use it"
        yield Finding(ALL_HOSTS, "error", "overlay", found, remedy)


def _interface(host: Host, network: Mapping[str, Any]) -> Iterator[Finding]:
    swarm = host.engine.get("swarm") or {}
    address = swarm.get("data_path_address") or host.membership.get("node_address")
    wanted = network.get("mtu") or DEFAULT_MTU
    for interface in (host.facts or {}).get("interfaces") or ():
        if address not in [one["address"] for one in interface["addresses"]] or interface["mtu"] >= wanted:
            continue
        found = (
            f"the overlay network {network['name']} was made for an MTU of {wanted}, and {interface['name']}, which "
            f"carries it, has {interface['mtu']}: large packets are lost"
        )
        remedy = (
            f"Set the MTU of {interface['name']} to {wanted}, or swarm_network_mtu to {interface['mtu']} and "
            "swarm_network_recreate to true."
        )
        yield Finding(host.name, "error", "MTU", found, remedy)


def _keepalive(host: Host, network: Mapping[str, Any], cluster: Cluster) -> Iterator[Finding]:
    if host.availability != "active":
        return
    container = host.containers.get(cluster.keepalive_name)
    state = container["status"] if container else "not there"
    if container and state == "running" and container["networks"].get(network["name"]) == network["id"]:
        return
    if container and state == "running":
        state = f"not on the network {network['name']} of now"
    found = f"its container {cluster.keepalive_name}, which keeps the overlay network on the host, is {state}"
    yield Finding(host.name, "error", "keepalive", found, f"{AGAIN}, which starts it anew.")


def _healing(host: Host, cluster: Cluster) -> Iterator[Finding]:
    service = ((host.facts or {}).get("services") or {}).get(HEAL)
    if not cluster.heals or service is None or (service["is_active"] and service["is_enabled"]):
        return
    state = "not there" if not service["is_known"] else "not enabled" if service["is_active"] else "not running"
    found = f"{HEAL}, which brings back what the engine gives up, is {state}"
    yield Finding(host.name, "warning", "swarm_heal", found, f"{AGAIN}, which starts it.")


def _measured(cluster: Cluster, has_narrow: bool) -> Iterator[Finding]:
    for problem in cluster.verdict.get("problems") or ():
        # The interface that is too narrow has been named.
        if not (has_narrow and problem["cause"] == "mtu"):
            yield Finding(problem["host"], "error", "overlay", problem["found"], problem["remedy"])
