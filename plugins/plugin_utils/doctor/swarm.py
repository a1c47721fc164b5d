# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the swarm, as its nodes and a manager see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..findings.finding import ALL_HOSTS, Finding
from .observation import Cluster, Host

SUBJECT = "swarm"
AGAIN = "Run playbooks/swarm.yml"


def find_swarm_problems(cluster: Cluster) -> Iterator[Finding]:
    if not cluster.answering:
        return
    if not any(host.membership.get("node_id") for host in cluster.answering):
        found = "no host is in a swarm"
        yield Finding(ALL_HOSTS, "error", SUBJECT, found, f"{AGAIN}, which makes it.")
        return
    for host in cluster.answering:
        yield from _membership(host)
    if cluster.view is None:
        return
    for node in cluster.view.membership.get("nodes") or ():
        yield from _node(node, cluster)
    yield from _doubles(cluster)


def _membership(host: Host) -> Iterator[Finding]:
    membership = host.membership
    if membership.get("error"):
        found = f"its swarm does not work: {membership['error']}".rstrip(".")
        remedy = f"Bring back the managers that do not answer; else {AGAIN.lower()}, which says what is needed."
        yield Finding(host.name, "error", SUBJECT, found, remedy)
    elif membership.get("state") == "inactive":
        yield Finding(host.name, "error", SUBJECT, "is in no swarm, and others are", f"{AGAIN}, with which it joins.")
    elif membership.get("state") != "active":
        found = f"its membership in the swarm is {membership.get('state')}"
        yield Finding(host.name, "error", SUBJECT, found, f"{AGAIN}, which waits for it or says what is needed.")
    elif bool(membership.get("is_manager")) != host.is_manager:
        is_now, wanted = ("a manager", "worker") if membership.get("is_manager") else ("a worker", "manager")
        found = f"is {is_now} of the swarm, and a {wanted} by the inventory"
        yield Finding(host.name, "warning", "managers", found, f"{AGAIN}, or put it into the other group.")


def _node(node: dict[str, Any], cluster: Cluster) -> Iterator[Finding]:
    by_id = {host.membership.get("node_id"): host for host in cluster.answering}
    host = by_id.get(node["id"])
    if host is None:
        yield from _unknown(node, cluster)
        return
    if node["state"] != "ready" and not host.membership.get("error"):
        found = f"the manager {_manager(cluster)} lists it as {node['state']}, though its engine answers"
        remedy = "See whether 7946/tcp, 7946/udp and 2377/tcp of the managers are open to it, then restart its engine: "
        yield Finding(host.name, "error", "node", found, f"{remedy}systemctl restart docker.")
    if node["availability"] != host.availability:
        found = f"its node is set to {node['availability']}, and swarm_availability is {host.availability}"
        remedy = f"{AGAIN}, or set swarm_availability of the host to {node['availability']}."
        yield Finding(host.name, "error", "swarm_availability", found, remedy)
    if node["role"] == "manager" and node["reachability"] == "unreachable":
        found = "the other managers do not reach it"
        yield Finding(host.name, "error", "node", found, "Open 2377/tcp between the managers, or restart its engine.")


def _unknown(node: dict[str, Any], cluster: Cluster) -> Iterator[Finding]:
    """A node that is none of the hosts that answer: left behind, foreign, or of a host that does not answer."""
    # Of a host that does not answer, or has left and will join again, that is what is wrong.
    explained = {name for host in cluster.hosts if not host.membership.get("node_id") for name in _names(host)}
    if node["hostname"] in explained or node["hostname"] in cluster.others:
        return
    remedy = f"Remove it on {_manager(cluster)}: docker node rm --force {node['id']}"
    is_of_a_host = node["hostname"] in {name for host in cluster.hosts for name in _names(host)}
    if node["state"] == "ready" and not is_of_a_host:
        found = f"the swarm has a node that is no host of the inventory: {node['hostname']} at {node['address']}"
        remedy = f"Take the host into the inventory. Where it is not yours, let it leave the swarm, and: {remedy}"
        yield Finding(_manager(cluster), "warning", "node", found, f"{remedy}.")
    else:
        found = f"the swarm still has the node {node['id']} of {node['hostname']}, which is {node['state']}"
        yield Finding(_manager(cluster), "warning", "stale node", found, f"{remedy}, or set swarm_remove_unlisted.")


def _doubles(cluster: Cluster) -> Iterator[Finding]:
    """Of a host that does not answer, nobody knows which of its nodes is the one that is left behind."""
    nodes = (cluster.view.membership.get("nodes") or ()) if cluster.view else ()
    counts = Counter(node["hostname"] for node in nodes)
    for host in cluster.hosts:
        count = max((counts[name] for name in _names(host)), default=0)
        if not host.answers and count > 1:
            found = f"the swarm has {count} nodes of the name {host.name}, of which all but one are left behind"
            remedy = f"When its engine answers again, run the doctor anew, or {AGAIN.lower()}, which removes them."
            yield Finding(_manager(cluster), "warning", "stale node", found, remedy)


def _names(host: Host) -> set[str]:
    return {host.name, (host.facts or {}).get("hostname") or host.name}


def _manager(cluster: Cluster) -> str:
    return cluster.view.name if cluster.view else ALL_HOSTS
