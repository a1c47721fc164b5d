# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the cluster is whole, and what of it is another than before."""

from __future__ import annotations

import time

from tests.faults import lab

KEEPALIVE = "distrain-keepalive"
NETWORK = "distrain"
URL = "http://distrain-keepalive-{host}:7780/busybox"


def problems() -> list[str]:
    """What keeps the cluster from being whole: its nodes, and the containers that keep its network."""
    found = not_ready()
    return found or [problem for its in lab.on_all(keepalive_problems).values() for problem in its]


def not_ready() -> list[str]:
    code, said = lab.ask(lab.MANAGER, "docker node ls --format '{{.Hostname}} {{.Status}}'", timeout=15)
    if code:
        return [f"{lab.MANAGER}: {said}"]
    ready = {line.split()[0] for line in said.splitlines() if line.endswith(" Ready")}
    down = [line for line in said.splitlines() if not line.endswith(" Ready")]
    return [f"{host} is not Ready" for host in lab.HOSTS if host not in ready] + [
        f"{lab.MANAGER} lists also: {line}" for line in down if line.split()[0] in ready
    ]


def keepalive_problems(host: str) -> list[str]:
    found = []
    for other in lab.HOSTS:
        command = f"docker exec {KEEPALIVE} busybox wget -q -T 4 -O /dev/null {URL.format(host=other)}"
        code, said = lab.ask(host, command, timeout=15)
        if code:
            found.append(f"{host} to {other}: {said}")
    return found


def wait_until_whole(timeout: float) -> list[str]:
    """The problems that are left at the deadline."""
    deadline = time.monotonic() + timeout
    while left := problems():
        if time.monotonic() > deadline:
            return left
        time.sleep(0.5)
    return []


def wait_for_engines(timeout: float = 120) -> None:
    deadline = time.monotonic() + timeout
    command = "docker version --format '{{.Server.Version}}'"
    while any(code for code, _said in lab.on_all(lambda host: lab.ask(host, command, timeout=15)).values()):
        if time.monotonic() > deadline:
            raise lab.LabError(f"The engines do not answer after {timeout:g} s.")
        time.sleep(0.2)


def identity() -> dict[str, str]:
    """What can be lost, by name: the swarm, its nodes, the network, the keepalive containers."""
    found = {
        "the swarm": _first(lab.MANAGER, "docker info --format '{{.Swarm.Cluster.ID}}'"),
        "the network": _first(lab.MANAGER, f"docker network inspect {NETWORK} --format '{{{{.Id}}}}'"),
    }
    for host in lab.HOSTS:
        found[f"{host}'s node"] = _first(host, "docker info --format '{{.Swarm.NodeID}}'")
        found[f"{host}'s keepalive container"] = _first(host, f"docker inspect {KEEPALIVE} --format '{{{{.Id}}}}'")
    return found


def lost(before: dict[str, str], after: dict[str, str]) -> str:
    return ", ".join(name for name in before if before[name] != after[name]) or "nothing"


def _first(host: str, command: str) -> str:
    code, said = lab.ask(host, command, timeout=15)
    return said if code == 0 else ""
