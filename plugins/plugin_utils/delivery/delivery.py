# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The common part of a delivery to all hosts in one pass: observe them, ask them, let the agents transfer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from ..control.shared_pass import Results
from .fleet import Fleet
from .progress import RelayProgress, Total
from .run import RelayRun

# The figures of a host to which nothing is sent.
NOTHING_SENT: dict[str, Any] = {"bytes_sent": 0, "bytes_again": 0, "seconds": 0.0, "from_hosts": {}, "refused": []}


@dataclass(frozen=True, kw_only=True)
class RelayOrder:
    """From which host something is delivered; ``addresses`` and ``ports`` are those that the user names."""

    source: str
    disk_reserve: int
    patience: int
    addresses: Mapping[str, str]
    ports: range = range(0)


AnyOrder = TypeVar("AnyOrder", bound=RelayOrder)


class RelayDelivery(Generic[AnyOrder]):
    """One pass over a fleet. A host that fails gets an error as its result, and the others go on."""

    def __init__(self, order: AnyOrder, fleet: Fleet, show: Callable[[str], None]) -> None:
        self._order = order
        self._fleet = fleet
        self._show = show
        self._found: dict[str, dict[str, Any]] = {}

    def _observe(self, arguments: Mapping[str, Mapping[str, Any]]) -> None:
        """Observe each of the hosts, with its arguments."""
        commands = {host: {"do": "observe", "arguments": one} for host, one in arguments.items()}
        self._found = {host: answer["found"] for host, answer in self._fleet.ask(commands, "observed").items()}
        failure = self._fleet.failed.get(self._order.source)
        if failure:
            raise failure

    def _ask(self, question: str, arguments: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Ask each of the hosts, with its arguments; return the answers of those that gave one."""
        # The same arguments are the same command, which is encoded once: those of a tree name every file.
        by_arguments = {id(one): {"do": "ask", "question": question, "arguments": one} for one in arguments.values()}
        commands = {host: by_arguments[id(one)] for host, one in arguments.items()}
        return {host: answer["found"] for host, answer in self._fleet.ask(commands, "answered").items()}

    def _addresses_of(self, hosts: Sequence[str]) -> dict[str, str]:
        """Return the address of the source and of each host for the others; a host without one fails alone."""
        addresses = {}
        for host in (self._order.source, *hosts):
            own = self._found[host]["addresses"]
            address = self._order.addresses.get(host) or own["swarm"] or own["route"]
            if address:
                addresses[host] = address
            else:
                self._fleet.failed[host] = PlanError(
                    f"The address of {host} for the other hosts is not known: it is in no swarm and has no "
                    f"default route. Name it in addresses, for example addresses: {{{host}: 10.0.0.1}}."
                )
        if self._order.source in self._fleet.failed:
            raise self._fleet.failed[self._order.source]
        return addresses

    def _run(
        self, addresses: Mapping[str, str], digests: Sequence[str] | None, totals: Mapping[str, Total], unit: str
    ) -> RelayRun:
        """Return a relay of the items with these digests, None where the hosts know them.

        ``totals`` is what is sent to each host, in units of this name.
        """
        return RelayRun(
            fleet=self._fleet,
            source=self._order.source,
            addresses=addresses,
            patience=self._order.patience,
            ports=self._order.ports,
            digests=digests,
            progress=RelayProgress(totals, unit, self._show),
            show=self._show,
        )

    def _with_failures(
        self, hosts: Sequence[str], results: Mapping[str, Mapping[str, Any]], nothing: Mapping[str, Any]
    ) -> Results:
        """Return the result of each host; one that failed has its error, and the figures that ``nothing`` names."""
        failed = {
            host: {
                **{name: results.get(host, nothing)[name] for name in nothing},
                "failed": True,
                "msg": failure.message,
                **failure.details,
            }
            for host, failure in self._fleet.failed.items()
        }
        return {host: failed.get(host) or dict(results[host]) for host in hosts}
