# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: from what the keepalive containers measured to the matrix of the overlay network and its problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..findings.blame import EVERYWHERE, INTO, Blame, blame, blame_undirected
from ..findings.data_path_port import another_data_path_port
from ..findings.finding import ALL_HOSTS

Row = Mapping[str, Any]
Pair = tuple[str, str]

# What the overlay driver takes from the MTU of the interface, for VXLAN and for encryption.
VXLAN_BYTES = 50
ENCRYPTION_BYTES = 26

OK = "ok"
NO_NAME = "name does not resolve"
OLD_NAME = "name resolves to an old address"
OTHER_HOST = "another host answers"
NOTHING = "nothing crosses"
ONE_WAY = "only the other way"
SMALL_ONLY = "large packets are lost"
NO_TCP = "TCP does not cross"
NO_UDP = "UDP does not cross"

RESTART = "Restart the engine of a host where the journal of docker says agentInit."


@dataclass(frozen=True)
class Overlay:
    """The network as it is wanted, and by host from which others questions arrived and what its kernel can do."""

    name: str = ""
    encrypted: bool = False
    data_path_port: int = 4789
    received_from: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    features: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def judge_overlay(measurements: Sequence[Row], overlay: Overlay) -> dict[str, Any]:
    """The matrix, and the problems; none of them where the overlay is whole."""
    verdicts = {_ends(row): _verdict(row, overlay) for row in measurements}
    rows = {_ends(row): row for row in measurements}
    problems = list(_problems(verdicts, rows, overlay))
    return {
        "network": overlay.name,
        "whole": all(verdict == OK for verdict in verdicts.values()),
        "matrix": [_matrix_row(row, verdicts[_ends(row)]) for row in measurements],
        "problems": problems,
    }


def _matrix_row(row: Row, verdict: str) -> dict[str, Any]:
    return {
        "source": row["source"],
        "target": row["target"],
        "resolved": row["resolved"],
        "ms": row["rtt_ms"],
        "mtu": row["mtu"],
        "path_mtu": row["path_mtu"],
        "mbits": row["mbits"],
        "verdict": verdict,
    }


def _verdict(row: Row, overlay: Overlay) -> str:
    answers = {label.partition("/")[2]: outcome for label, outcome in row["ports"].items()}
    crosses = {protocol: answers.get(protocol) == "open" for protocol in ("udp", "tcp")}
    judgements = (
        (row["resolved"] and row["address"] and row["resolved"] != row["address"], OLD_NAME),
        (row["answered_by"] not in {None, row["target"]}, OTHER_HOST),
        (not any(crosses.values()) and _has_received(overlay, row["source"], row["target"]), ONE_WAY),
        (not any(crosses.values()), NOTHING),
        (not crosses["udp"], NO_UDP),
        (row["path_mtu"] is None or row["path_mtu"] < row["mtu"], SMALL_ONLY),
        (not crosses["tcp"], NO_TCP),
        (not row["resolved"], NO_NAME),
    )
    return next((verdict for is_so, verdict in judgements if is_so), OK)


def _has_received(overlay: Overlay, host: str, other: str) -> bool:
    """Whether questions of the other host arrived at this one, though no answer found its way back."""
    return other in (overlay.received_from.get(host) or ())


def _problems(verdicts: Mapping[Pair, str], rows: Mapping[Pair, Row], overlay: Overlay) -> Iterator[dict[str, Any]]:
    lost = [pair for pair, verdict in verdicts.items() if verdict in {NOTHING, ONE_WAY}]
    yield from _lost(lost, verdicts, rows, overlay)
    by_verdict = {wanted: [pair for pair, one in verdicts.items() if one == wanted] for wanted in verdicts.values()}
    for one in blame_undirected(by_verdict.get(SMALL_ONLY, ()), verdicts):
        yield _too_large(one, [rows[pair] for pair in by_verdict[SMALL_ONLY] if _concerns(one, pair)], overlay)
    for one in blame_undirected(by_verdict.get(NO_TCP, ()), verdicts):
        found = (
            f"full-sized datagrams cross {_between(one)}, but TCP does not: checksums stall, or a firewall drops TCP"
        )
        remedy = "Run ethtool -K INTERFACE tx-checksum-ip-generic off for the interface of the data path"
        yield _problem("checksums", one.host, found, f"{remedy} on these hosts, and look at what filters TCP there.")
    for one in blame_undirected(by_verdict.get(NO_UDP, ()), verdicts):
        found = f"TCP crosses {_between(one)}, but UDP does not"
        yield _problem("udp", one.host, found, "Let nothing filter UDP on the overlay network of these hosts.")
    for one in blame(by_verdict.get(NO_NAME, ()), verdicts):
        found = f"packets cross, but the keepalive container's name does not resolve {_way(one)}"
        yield _problem("name", one.host, found, f"Open 7946/tcp and 7946/udp between the hosts. {RESTART}")
    for one in blame(by_verdict.get(OLD_NAME, ()), verdicts):
        found = f"the keepalive container's name resolves to an address that it no longer has {_way(one)}"
        yield _problem("name", one.host, found, f"Wait a minute and repeat. {RESTART}")
    for pair in by_verdict.get(OTHER_HOST, ()):
        found = f"{rows[pair]['answered_by']} answers at the address of {pair[1]}, asked by {pair[0]}"
        yield _problem("address", pair[1], found, f"Remove the keepalive container on {pair[1]} and repeat.")


def _lost(
    lost: Sequence[Pair], verdicts: Mapping[Pair, str], rows: Mapping[Pair, Row], overlay: Overlay
) -> Iterator[dict[str, Any]]:
    """Nothing comes back: by encryption, by gossip, or by the data path."""
    left = list(lost)
    without_esp = sorted(host for host, one in overlay.features.items() if one.get("esp") is False)
    if overlay.encrypted and without_esp:
        explained = [pair for pair in left if set(pair) & set(without_esp)]
        if explained:
            found = f"nothing crosses {_pairs(explained)}: the network is encrypted, and the kernel has no ESP"
            remedy = "Use kernels with the modules esp4 and gcm, or set swarm_network_encrypted to false"
            yield _problem("esp", ", ".join(without_esp), found, f"{remedy}, with swarm_network_recreate to true.")
        left = [pair for pair in left if pair not in explained]
    nameless = [pair for pair in left if rows[pair]["resolved"] is None]
    for one in blame_undirected(nameless, verdicts):
        found = f"neither a name resolves nor a packet crosses {_between(one)}"
        remedy = "Open 7946/tcp and 7946/udp between the hosts, over which they announce the network to each other."
        yield _problem("gossip", one.host, found, f"{remedy} {RESTART}")
    # What arrives without an answer is lost on its way back.
    silent = [pair for pair in left if pair not in nameless]
    vanished = {pair for pair in silent if not _has_received(overlay, pair[1], pair[0])} or set(silent)
    both_ways = {pair for pair in vanished if pair[::-1] in vanished}
    for one in blame_undirected(both_ways, verdicts):
        yield _blocked_data_path(one, _between(one), overlay)
    for one in blame(vanished - both_ways, verdicts):
        yield _blocked_data_path(one, f"{_way(one)}; the other way packets arrive", overlay)


def _blocked_data_path(one: Blame, way: str, overlay: Overlay) -> dict[str, Any]:
    found = f"names resolve, but nothing crosses {way}"
    where = "the hosts" if one.host == ALL_HOSTS else one.host
    port = f"{overlay.data_path_port}/udp"
    remedy = f"Open {port} between the hosts, in the firewall of {where} and on the way"
    remedy += ", and see whether swarm_data_path_addr is the address that the others reach. "
    remedy += another_data_path_port(port)
    if overlay.encrypted:
        remedy += " An encrypted network needs the protocol ESP (50) let through too, and ESP in the kernels."
    return _problem(port, one.host, found, remedy)


def _too_large(one: Blame, rows: Sequence[Row], overlay: Overlay) -> dict[str, Any]:
    overhead = VXLAN_BYTES + (ENCRYPTION_BYTES if overlay.encrypted else 0)
    sizes = [row["path_mtu"] for row in rows if row["path_mtu"]]
    interfaces = max(row["mtu"] for row in rows)
    if len(sizes) < len(rows):
        found = f"small packets cross {_between(one)}, but of {interfaces} bytes none does"
        return _problem(
            "mtu", one.host, found, "Set swarm_network_mtu to what all interfaces and switches on the way carry."
        )
    largest = min(sizes)
    found = (
        f"small packets cross {_between(one)}, but those above {largest} bytes are lost, "
        f"and containers send {interfaces}"
    )
    remedy = (
        f"Set swarm_network_mtu to {largest + overhead} and swarm_network_recreate to true, or the MTU of every "
        f"interface and switch on the way to {interfaces + overhead}."
    )
    return _problem("mtu", one.host, found, remedy)


def _problem(cause: str, host: str, found: str, remedy: str) -> dict[str, Any]:
    return {"cause": cause, "host": host, "found": found, "remedy": remedy}


def _way(one: Blame) -> str:
    others = ", ".join(one.others)
    if one.direction == EVERYWHERE:
        return f"between {others}"
    return f"from {others} to {one.host}" if one.direction == INTO else f"from {one.host} to {others}"


def _between(one: Blame) -> str:
    others = ", ".join(one.others)
    return f"between {others}" if one.direction == EVERYWHERE else f"between {one.host} and {others}"


def _pairs(pairs: Iterable[Pair]) -> str:
    return f"between {', '.join(sorted({host for pair in pairs for host in pair}))}"


def _concerns(one: Blame, pair: Pair) -> bool:
    return one.direction == EVERYWHERE or (one.host in pair and bool(set(pair) & set(one.others)))


def _ends(row: Row) -> Pair:
    return row["source"], row["target"]
