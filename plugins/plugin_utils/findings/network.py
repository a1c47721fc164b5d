# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the network, from the measurements of all hosts and the features of their kernels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.probe.targets import TAKEN
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.ports import CONTROL_PORTS

from ..fabric.networks import BESIDE_THE_SWARM, MANAGER_PORT
from .blame import EVERYWHERE, INTO, Blame, blame, blame_undirected
from .clocks import clocks_off
from .data_path_port import another_data_path_port
from .finding import ALL_HOSTS, Finding

Row = Mapping[str, Any]

CONTROL = tuple(f"{port}/{protocol}" for protocol, port in CONTROL_PORTS)
CLOCK_WARNING_SECONDS = 2
CLOCK_ERROR_SECONDS = 300


def network_findings(
    measurements: Sequence[Row],
    facts: Mapping[str, Mapping[str, Any]],
    managers: Sequence[str],
    encrypted: bool = False,
) -> list[Finding]:
    """``facts`` are by host what M(distrain.cluster.host_info) returned."""
    needed = [_only_needed(row, managers) for row in measurements]
    return [
        *_blocked_ports(needed),
        *_other_hosts(needed),
        *_small_packets(needed),
        *_clocks(needed),
        *_kernels(facts, encrypted),
    ]


def _only_needed(row: Row, managers: Sequence[str]) -> Row:
    """A worker is never asked at the port of the managers, so a firewall may close it."""
    if row["target"] in managers:
        return row
    return {**row, "ports": {port: outcome for port, outcome in row["ports"].items() if port != MANAGER_PORT}}


def fully_connected(measurements: Iterable[Row]) -> set[tuple[str, frozenset[str]]]:
    """The (network, two hosts) between which every port of a swarm answers both ways, as far as is known."""
    ways: dict[tuple[str, frozenset[str]], set[str]] = {}
    for row in measurements:
        if all(row["ports"][port] in {"open", TAKEN} for port in _swarm_ports([row])) and not _is_wrong(row):
            ways.setdefault((row["network"], _pair(row)), set()).add(row["source"])
    return {key for key, sources in ways.items() if sources == key[1]}


def _swarm_ports(rows: Iterable[Row]) -> list[str]:
    """The ports of a swarm that were asked, that of the data path last, whichever it is."""
    asked = {port for row in rows for port in row["ports"] if not port.startswith(BESIDE_THE_SWARM)}
    return [*(port for port in CONTROL if port in asked), *sorted(asked - set(CONTROL))]


def _blocked_ports(measurements: Sequence[Row]) -> Iterator[Finding]:
    """One finding for the ports that are blocked in the same way, in whichever networks."""
    connected = {pair for _network, pair in fully_connected(measurements)}
    grouped: dict[tuple[Blame, str, str], list[str]] = {}
    apart: dict[tuple[Blame, str, str], bool] = {}
    for network, rows in _by_network(measurements):
        for port in _swarm_ports(rows):
            asked = {_ends(row): row for row in rows if port in row["ports"] and not _is_wrong(row)}
            closed = {ends: row for ends, row in asked.items() if row["ports"][port] not in {"open", TAKEN}}
            for one in blame(closed, asked):
                explained = [row for ends, row in closed.items() if _is_explained(one, ends)]
                outcome = "/".join(sorted({row["ports"][port] for row in explained}))
                key = (one, network, outcome)
                grouped.setdefault(key, []).append(port)
                apart[key] = apart.get(key, False) or any(_pair(row) not in connected for row in explained)
    for (one, network, outcome), ports in grouped.items():
        is_error = apart[one, network, outcome] and not _is_elsewhere(one, network, measurements)
        severity = "error" if is_error else "note"
        yield _blocked(one, network, outcome, ", ".join(ports), severity)


def _is_elsewhere(one: Blame, network: str, measurements: Sequence[Row]) -> bool:
    """Whether hosts that nothing connects here meet in another network, where something crosses at least."""
    if one.direction != EVERYWHERE:
        return False
    for name, rows in _by_network(measurements):
        hosts = {host for row in rows for host in _ends(row)}
        crosses = any(row["answered_by"] == row["target"] for row in rows)
        if name != network and hosts >= set(one.others) and crosses:
            return True
    return False


def _blocked(one: Blame, network: str, outcome: str, ports: str, severity: str) -> Finding:
    others = ", ".join(one.others)
    if one.direction == EVERYWHERE:
        found = f"in {network} no host answers another at {ports} ({outcome}): {others}"
    elif one.direction == INTO:
        found = f"in {network} it does not answer at {ports} ({outcome}), asked by {others}"
    else:
        found = f"in {network} it gets no answer at {ports} ({outcome}) of {others}"
    if severity == "note":
        return Finding(one.host, severity, ports, found, "Nothing to do: another network connects these hosts.")
    where = "of the hosts" if one.host == ALL_HOSTS else f"of {one.host}"
    remedy = f"Open {ports} between the hosts of the cluster, in the firewall {where} and on the way."
    if ports not in CONTROL and "," not in ports:
        remedy += f" {another_data_path_port(ports)}"
    return Finding(one.host, severity, ports, found, remedy)


def _is_explained(one: Blame, ends: tuple[str, str]) -> bool:
    if one.direction == EVERYWHERE:
        return True
    source, target = ends
    host, other = (target, source) if one.direction == INTO else (source, target)
    return host == one.host and other in one.others


def _other_hosts(measurements: Sequence[Row]) -> Iterator[Finding]:
    """A host that meets itself at another host's address has that address too, as every docker0 has the same."""
    connected = {pair for _network, pair in fully_connected(measurements)}
    reported: set[tuple[str, str]] = set()
    for network, rows in _by_network(measurements):
        selves = sorted({row["source"] for row in rows if row["answered_by"] == row["source"]})
        if selves:
            found = f"in {network} hosts have one and the same address and meet only themselves: {', '.join(selves)}"
            yield Finding(ALL_HOSTS, "note", network, found, "Nothing to do: it does not connect the hosts.")
        for row in rows:
            key = (row["target"], network)
            if not _is_wrong(row) or row["answered_by"] == row["source"] or key in reported:
                continue
            reported.add(key)
            severity = "warning" if _pair(row) in connected else "error"
            found = f"in {network} {row['answered_by']} answers at its address, asked by {row['source']}"
            remedy = f"Give {row['target']} and {row['answered_by']} different addresses."
            yield Finding(row["target"], severity, "duplicate address", found, remedy)


def _small_packets(measurements: Sequence[Row]) -> Iterator[Finding]:
    for network, rows in _by_network(measurements):
        measured = [row for row in rows if row.get("mtu") and row["path_mtu"]]
        small = {_ends(row): row for row in measured if row["path_mtu"] < row["mtu"]}
        for one in blame_undirected(small, [_ends(row) for row in measured]):
            explained = [row for row in small.values() if one.direction == EVERYWHERE or one.host in _pair(row)]
            path, interface = min(row["path_mtu"] for row in explained), max(row["mtu"] for row in explained)
            hosts = ", ".join(one.others) if one.direction == EVERYWHERE else f"it and {', '.join(one.others)}"
            found = (
                f"in {network} the interfaces have an MTU of {interface}, but packets above {path} bytes are lost "
                f"between {hosts}"
            )
            remedy = (
                f"Set the MTU on the whole way to {interface}, or that of the interfaces and swarm_network_mtu to "
                f"{path}."
            )
            yield Finding(one.host, "warning", "MTU", found, remedy)


def _clocks(measurements: Sequence[Row]) -> Iterator[Finding]:
    differences = [
        (row["source"], row["target"], row["clock_offset_s"])
        for row in measurements
        if row["clock_offset_s"] is not None and not _is_wrong(row)
    ]
    for host, (seconds, reference) in clocks_off(differences).items():
        if abs(seconds) > CLOCK_WARNING_SECONDS:
            severity = "error" if abs(seconds) > CLOCK_ERROR_SECONDS else "warning"
            found = f"its clock is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} that of {reference}"
            remedy = "Let chrony or systemd-timesyncd set the clock (timedatectl set-ntp true)."
            yield Finding(host, severity, "clock", found, remedy)


def _kernels(facts: Mapping[str, Mapping[str, Any]], encrypted: bool) -> Iterator[Finding]:
    for host, one in facts.items():
        features = one.get("features") or {}
        if features.get("vxlan") is False:
            found = "its kernel has no VXLAN, which carries overlay networks"
            yield Finding(host, "error", "kernel", found, "Use a kernel that has the module vxlan.")
        if encrypted and features.get("esp") is False:
            found = "its kernel has no ESP with AES-GCM, without which an encrypted overlay loses every packet"
            remedy = "Use a kernel that has the modules esp4 and gcm, or set swarm_network_encrypted to false."
            yield Finding(host, "error", "swarm_network_encrypted", found, remedy)


def _by_network(measurements: Iterable[Row]) -> Iterable[tuple[str, list[Row]]]:
    networks: dict[str, list[Row]] = {}
    for row in measurements:
        networks.setdefault(row["network"], []).append(row)
    return networks.items()


def _is_wrong(row: Row) -> bool:
    return row["answered_by"] is not None and row["answered_by"] != row["target"]


def _ends(row: Row) -> tuple[str, str]:
    return row["source"], row["target"]


def _pair(row: Row) -> frozenset[str]:
    return frozenset(_ends(row))
