# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about file systems that are full, and names that lead elsewhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from ..findings.finding import Finding
from .observation import Cluster, Host

# A file system is nearly full with so little left of it, and full with less than a fifth of that.
FEW_PERCENT = 5
FULL_PERCENT = 1
# What is large has room for a job at the same share.
ENOUGH_BYTES = 50_000_000_000


def find_host_problems(cluster: Cluster) -> Iterator[Finding]:
    for host in cluster.hosts:
        if host.facts is None:
            continue
        for one in host.facts.get("file_systems") or ():
            yield from _space(host.name, one)
            yield from _inodes(host.name, one)
        yield from _names(host, cluster)


def _space(host: str, one: Mapping[str, Any]) -> Iterator[Finding]:
    left = 100 * one["free_bytes"] / one["total_bytes"]
    if left >= FEW_PERCENT or one["free_bytes"] >= ENOUGH_BYTES:
        return
    found = f"{one['path']} has {left:.1f} % free, {one['free_bytes'] / 1e9:.2f} of {one['total_bytes'] / 1e9:.2f} GB"
    remedy = f"Free some space: du -xh --max-depth 2 {one['path']} | sort -h | tail."
    yield Finding(host, "error" if left < FULL_PERCENT else "warning", "disk", found, remedy)


def _inodes(host: str, one: Mapping[str, Any]) -> Iterator[Finding]:
    if not one["total_inodes"] or 100 * one["free_inodes"] / one["total_inodes"] >= FEW_PERCENT:
        return
    found = (
        f"{one['path']} has {one['free_inodes']} of {one['total_inodes']} inodes free, so that few files can be made"
    )
    remedy = f"Remove small files: du -x --inodes --max-depth 2 {one['path']} | sort -n | tail."
    yield Finding(host, "warning", "disk", found, remedy)


def _names(host: Host, cluster: Cluster) -> Iterator[Finding]:
    """Names of hosts of the cluster whose addresses in /etc/hosts are none of theirs."""
    known = (host.facts or {}).get("host_names") or {}
    for other in cluster.hosts:
        own = _addresses(other)
        names = {other.name, (other.facts or {}).get("hostname") or other.name}
        for name in sorted(names & set(known)):
            wrong = [one for one in known[name] if own and one not in own and not (other is host and _is_loopback(one))]
            if wrong:
                found = f"its /etc/hosts says {', '.join(wrong)} for {name}, which has {', '.join(sorted(own))}"
                yield Finding(host.name, "warning", "/etc/hosts", found, "Correct the line, or take it out.")


def _addresses(host: Host) -> set[str]:
    """All addresses of a host that was observed; empty for others, as nobody knows what they have."""
    interfaces = (host.facts or {}).get("interfaces") or ()
    return {one["address"] for interface in interfaces for one in interface["addresses"]}


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
