# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the hosts, from the report of each of them and the settings.

A rule gets the reports of all hosts and yields its findings; RULES is the list of them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.subnets import ipv4_subnet

from ..fabric.networks import shared_addresses
from ..findings.finding import ALL_HOSTS, Finding
from .disk import find_full_disks
from .engine import find_engine_problems
from .foreign_swarm import foreign_memberships
from .gpu import find_gpu_problems
from .report import HostReport, PreflightSettings, Rule, answering
from .unobserved import find_not_observed

SUPPORTED_DISTRIBUTIONS = {"debian": ("12", "13"), "ubuntu": ("22.04", "24.04")}


def host_findings(reports: Sequence[HostReport], wanted: PreflightSettings) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(reports, wanted)]


def _managers(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    count = len(wanted.managers)
    if count == 0:
        remedy = "Put one host, or three, into the group managers; the first of them makes the swarm."
        yield Finding(ALL_HOSTS, "error", "managers", "no host is in the group managers", remedy)
    elif count % 2 == 0:
        found = f"{count} managers bear the loss of no more hosts than {count - 1} do"
        remedy = f"Use {count - 1} or {count + 1} managers."
        yield Finding(ALL_HOSTS, "warning", "managers", found, remedy)


def _same_host(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    """Two names for one machine, or two machines that cannot be distinguished; each pair is reported once."""
    identities: tuple[tuple[str, str, Callable[[HostReport], str], str], ...] = (
        ("ansible_host", "address", _connection, "Give each host its own address."),
        ("swarm_advertise_addr", "swarm address", _swarm_address, "Give each host its own address."),
        (
            "/etc/machine-id",
            "machine ID",
            _machine_id,
            "Take one of the two names out; if one is a copy of the other, empty its /etc/machine-id and restart it.",
        ),
        ("hostname", "host name", _hostname, "Give each host a name of its own (hostnamectl hostname NAME)."),
    )
    reported: set[tuple[str, str]] = set()
    for subject, noun, identity, remedy in identities:
        for first, second, value in _duplicates(reports, identity):
            if (first, second) not in reported:
                reported.add((first, second))
                yield Finding(second, "error", subject, f"has the same {noun} as {first}: {value}", remedy)


def _duplicates(reports: Iterable[HostReport], identity: Callable[[HostReport], str]) -> Iterator[tuple[str, str, str]]:
    first_with: dict[str, str] = {}
    for report in reports:
        value = identity(report)
        if value and value in first_with:
            yield first_with[value], report.name, value
        elif value:
            first_with[value] = report.name


def _connection(report: HostReport) -> str:
    return f"{report.address} port {report.port}"


def _swarm_address(report: HostReport) -> str:
    """Empty where the swarm's address is given as an interface's name, which may be the same on every host."""
    try:
        return str(ipaddress.ip_address(report.swarm_address))
    except ValueError:
        return ""


def _machine_id(report: HostReport) -> str:
    return (report.facts or {}).get("machine_id", "")


def _hostname(report: HostReport) -> str:
    return (report.facts or {}).get("hostname", "")


def _shared_addresses(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    by_name = {report.name: report for report in reports}
    for address, interfaces in shared_addresses({report.name: facts for report, facts in answering(reports)}):
        first, last = by_name[interfaces[0].host], by_name[interfaces[-1].host]
        if _connection(first) == _connection(last) or _machine_id(first) == _machine_id(last):
            # Two names for one machine, which is reported as that.
            continue
        others = ", ".join(f"{one.host} ({one.interface})" for one in interfaces[:-1])
        found = f"its interface {interfaces[-1].interface} has the same address as {others}: {address}"
        remedy = "Give each interface an address of its own; no network with such an address is used."
        yield Finding(interfaces[-1].host, "error", "address", found, remedy)


def _networks_of_the_cluster(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    # Where no host was observed, that is what is wrong.
    if wanted.network_problem and any(answering(reports)):
        remedy = "Correct what it names; the role fabric says how it chooses."
        yield Finding(ALL_HOSTS, "error", "network", wanted.network_problem.rstrip("."), remedy)


def _distribution(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    for report, facts in answering(reports):
        one = facts["distribution"]
        if one["version"] in SUPPORTED_DISTRIBUTIONS.get(one["id"], ()):
            continue
        severity = "warning" if one["id"] in SUPPORTED_DISTRIBUTIONS else "error"
        found = f"runs {one['name'] or 'an unknown distribution'}"
        remedy = "Debian 12 and 13, Ubuntu 22.04 and 24.04 are supported."
        yield Finding(report.name, severity, "distribution", found, remedy)


def _swarm(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    if not wanted.managers:
        return
    memberships = {one.name: one.engine.get("swarm") for one, _facts in answering(reports)}
    allowed = {one.name for one in reports if one.leave_foreign}
    for name, found in foreign_memberships(memberships, wanted.managers[0]):
        remedy = "Run docker swarm leave --force there if that swarm is no longer wanted, or set swarm_leave_foreign."
        if name in allowed:
            yield Finding(name, "note", "swarm_leave_foreign", found, "It will leave that swarm.")
        else:
            yield Finding(name, "error", "swarm_leave_foreign", found, remedy)


def _overlay_subnet(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    if not wanted.network_subnet:
        return
    try:
        subnet = ipv4_subnet("swarm_network_subnet", wanted.network_subnet)
    except PlanError as error:
        found, _separator, remedy = error.message.removeprefix("swarm_network_subnet: ").partition(". ")
        yield Finding(ALL_HOSTS, "error", "swarm_network_subnet", found, remedy)
        return
    for report, facts in answering(reports):
        overlaps = sorted({name for name, network in _networks(facts) if _overlap(subnet, network)})
        if overlaps:
            found = f"{subnet} overlaps {', '.join(overlaps)}"
            remedy = "Choose a subnet for the overlay network that no host has a route to."
            yield Finding(report.name, "error", "swarm_network_subnet", found, remedy)


def _networks(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every network that the host itself knows a way to, the default routes left out."""
    for route in facts["routes"]:
        network = ipaddress.ip_network(route["destination"], strict=False)
        if network.prefixlen:
            yield f"{network} ({route['interface']})", network
    for interface in facts["interfaces"]:
        for one in interface["addresses"]:
            network = ipaddress.ip_network(f"{one['address']}/{one['prefix']}", strict=False)
            yield f"{network} ({interface['name']})", network


def _overlap(first: Any, second: Any) -> bool:
    return first.version == second.version and first.overlaps(second)


RULES: tuple[Rule, ...] = (
    find_not_observed,
    _managers,
    _same_host,
    _shared_addresses,
    _networks_of_the_cluster,
    _distribution,
    find_engine_problems,
    _swarm,
    _overlay_subnet,
    find_full_disks,
    find_gpu_problems,
)
