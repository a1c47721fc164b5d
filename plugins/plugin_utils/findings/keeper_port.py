# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the port at which hosts listen for the keeper of a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.probe.targets import KEEPER, TAKEN

from .blame import EVERYWHERE, INTO, Blame, blame
from .finding import Finding

Row = Mapping[str, Any]


def keeper_port_findings(measurements: Sequence[Row], data_networks: Mapping[str, str]) -> Iterator[Finding]:
    """Yield one finding for each host into or out of which the port is closed.

    It counts in the network of the target's data address alone, of which ``data_networks`` has the name by host.
    """
    asked: dict[tuple[str, str], tuple[str, str]] = {}
    for row in measurements:
        outcome = next(((port, said) for port, said in row["ports"].items() if port.startswith(KEEPER)), None)
        is_target = row["answered_by"] in (None, row["target"])
        if outcome and is_target and row["network"] == data_networks.get(row["target"]):
            asked[row["source"], row["target"]] = outcome
    closed = {ends: outcome for ends, outcome in asked.items() if outcome[1] not in ("open", TAKEN)}
    for one in blame(closed, asked):
        port, said = _outcome(one, closed)
        yield _finding(one, port.removeprefix(KEEPER), said)


def _outcome(one: Blame, closed: Mapping[tuple[str, str], tuple[str, str]]) -> tuple[str, str]:
    """Return the first port that the blame explains, and what was said of it."""
    return next(outcome for ends, outcome in closed.items() if _is_explained(one, ends))


def _is_explained(one: Blame, ends: tuple[str, str]) -> bool:
    source, target = ends
    return one.direction == EVERYWHERE or one.host == (target if one.direction == INTO else source)


def _finding(one: Blame, port: str, said: str) -> Finding:
    others = ", ".join(one.others)
    at = f"{port}/tcp ({said}), where hosts listen for the keeper of a job"
    found = {
        EVERYWHERE: f"no host answers another at {at}: {others}",
        INTO: f"it does not answer at {at}, asked by {others}",
    }.get(one.direction, f"it gets no answer at {at}, of {others}")
    remedy = (
        f"Open {port}/tcp between the hosts of the cluster, in their firewalls and on the way (swarm_firewall does it "
        "on the hosts), or set swarm_keeper_port to a port that is open. A job cannot be started without it."
    )
    return Finding(one.host, "warning", f"{port}/tcp", found, remedy)
