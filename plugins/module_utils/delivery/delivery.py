# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The common part of a delivery to all hosts in one pass: observe them, ask them, let the agents transfer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ..base.errors import PlanError
from .chain import Link, plan_chains
from .fleet import Fleet
from .forecast import Expectation, Stage, disk_of, expect_all, found_limits, learned, stage_of
from .keys import RelayKeys
from .lines import Lines
from .progress import RelayProgress, Total, expected_table
from .run import RelayRun
from .shape import Pace, choose_chains

# The figures of a host to which nothing is sent.
NOTHING_SENT: dict[str, Any] = {
    "bytes_sent": 0,
    "bytes_again": 0,
    "seconds": 0.0,
    "seconds_expected": None,
    "limited_by": "",
    "from_hosts": {},
    "refused": [],
}


@dataclass(frozen=True, kw_only=True)
class RelayOrder:
    """From which host something is delivered; ``addresses`` and ``ports`` are those that the user names."""

    source: str
    disk_reserve: int
    patience: int
    addresses: Mapping[str, str]
    ports: range = range(0)
    keys: RelayKeys = field(default_factory=RelayKeys)


# The result of each host, as a module returns it.
Results = dict[str, dict[str, Any]]

AnyOrder = TypeVar("AnyOrder", bound=RelayOrder)


class RelayDelivery(Generic[AnyOrder]):
    """One pass over a fleet. A host that fails gets an error as its result, and the others go on."""

    def __init__(self, order: AnyOrder, fleet: Fleet, show: Callable[[str], None]) -> None:
        self._order = order
        self._fleet = fleet
        self._show = self._fleet.show = Lines(show)
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
            keys=self._order.keys,
            digests=digests,
            progress=RelayProgress(totals, unit, self._show),
            show=self._show,
        )

    def _carry_along(
        self,
        chains: Sequence[Sequence[Link]],
        rest: Sequence[Link],
        run: RelayRun,
        stages: Mapping[str, Stage],
        source: Mapping[str, Any],
        sink_of: Callable[[Link], Mapping[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Say what is to be expected, relay, and keep what was learned; return the figures of each host.

        The hosts of ``rest`` receive nothing, and only finish.
        """
        name = self._order.source
        staged = [[stages[link.host] for link in chain] for chain in chains]
        expected = expect_all(name, disk_of(self._rates_of(name)), staged)
        for line in expected_table(expected, run.progress.totals, run.progress.unit):
            self._show(line)
        figures = run.carry(chains, rest, source, sink_of)
        measured = {} if name in self._fleet.failed else self._fleet.ask({name: {"do": "measured"}}, "measured")
        busy = (measured.get(name) or {}).get("busy") or {}
        known = {host: self._rates_of(host) for host in self._found}
        limits: dict[str, str] = {}
        for chain in staged:
            limits |= found_limits(name, busy, chain, figures)
            self._remember(learned(name, chain, figures, limits, known, shares_link=len(staged) > 1))
        seconds = {one.host: one for one in expected}
        return {host: {**one, **_forecast_of(seconds.get(host), limits.get(host))} for host, one in figures.items()}

    def _stages(
        self, totals: Mapping[str, Total], addresses: Mapping[str, str], loads: Mapping[str, str]
    ) -> dict[str, Stage]:
        """Return each host with what is known of its rates; ``loads`` names what loads on each."""
        return {
            host: stage_of(
                host, totals[host].bytes, loads[host], self._rates_of(host), self._reported_link(host, addresses)
            )
            for host in loads
        }

    def _reported_link(self, host: str, addresses: Mapping[str, str]) -> float | None:
        links: Mapping[str, float] = self._found[host].get("links") or {}
        return links.get(addresses[host])

    def _chains(
        self, wanted: Mapping[str, Sequence[int]], stages: Mapping[str, Stage], addresses: Mapping[str, str]
    ) -> list[tuple[Link, ...]]:
        """Return the chains in which the hosts receive what each wants."""
        hosts = [host for host in wanted if wanted[host] and host != self._order.source]
        paces = {host: Pace(stages[host].link, stages[host].load) for host in hosts}
        # What came over the link of a host has passed that of the source.
        links = [pace.link for pace in paces.values() if pace.link]
        source_link = self._reported_link(self._order.source, addresses) or max(links, default=None)
        size = max((stages[host].bytes for host in hosts), default=0)
        chains = choose_chains(hosts, size, paces, source_link)
        if len(chains) > 1:
            self._show(f"{len(hosts)} hosts receive in {len(chains)} chains: the link brings more than a host takes.")
        return plan_chains(self._order.source, wanted, chains)

    def _rates_of(self, host: str) -> Mapping[str, float]:
        return self._found[host].get("rates") or {}

    def _remember(self, rates: Mapping[str, Mapping[str, float | None]]) -> None:
        commands = {
            host: {"do": "remember", "rates": dict(one)}
            for host, one in rates.items()
            if one and host not in self._fleet.failed
        }
        if commands:
            self._fleet.ask(commands, "remembered")

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


def _forecast_of(expected: Expectation | None, limit: str | None) -> dict[str, Any]:
    seconds = None if expected is None or expected.unknown or expected.seconds is None else round(expected.seconds, 1)
    return {"seconds_expected": seconds, "limited_by": limit or ""}
