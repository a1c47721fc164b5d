# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing a directory to all hosts in one pass: read it, compare it with every host's, let the agents transfer it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..relay.items import ItemRanges
from ..relay.parts import LOAD
from .chain import Link
from .delivery import NOTHING_SENT, RelayDelivery, RelayOrder, Results
from .progress import Total, result_table

# Of some hundreds of files each.
_PAGES_AT_ONCE = 32
# Of a host that failed it is not known of how many files something came.
_NOT_DONE = {"files_sent": 0, "deleted": 0}
_NOTHING_SENT: dict[str, Any] = {**NOTHING_SENT, **_NOT_DONE}


@dataclass(frozen=True, kw_only=True)
class TreeOrder(RelayOrder):
    """Which directory is delivered, to where, and how.

    ``only`` are the paths of the files that are brought, None for all; ``rate`` is in bytes a second, 0 for no limit.
    ``marks`` says whether the source gets a file for a moment by which a host sees that its directory is the same one.
    """

    path: str
    dest: str
    delete: bool
    owner: bool
    outside_links: str
    untrusted_below: str = ""
    shows_diff: bool = False
    only: Sequence[str] | None = None
    rate: int = 0
    marks: bool = True


class TreeDelivery(RelayDelivery[TreeOrder]):
    def deliver(self, hosts: Sequence[str], check_mode: bool) -> Results:
        """The result of each of the hosts."""
        self._observe({host: self._arguments_of(host, check_mode) for host in self._fleet.hosts})
        compared = self._compare([host for host in hosts if host != self._order.source])
        results = {host: self._result(one, check_mode) for host, one in compared.items()}
        if self._order.source in hosts:
            results[self._order.source] = {"changed": False, **_NOTHING_SENT}
        if not check_mode:
            to_do = [host for host, one in compared.items() if one.get("changed") and not one["problem"]]
            for host, figures in self._carry(compared, to_do).items():
                results[host] |= {name: figures[name] for name in NOTHING_SENT}
                results[host] |= (
                    _NOT_DONE if host in self._fleet.failed else {"files_sent": compared[host]["files_sent"]}
                )
        results = self._with_failures(hosts, results, _NOTHING_SENT)
        for line in result_table(results, "files"):
            self._show(line)
        return results

    def _arguments_of(self, host: str, check_mode: bool) -> dict[str, Any]:
        order = self._order
        selected = {"only": order.only, "rate": order.rate, "marks": order.marks}
        return {
            **(selected if host == order.source and order.only is not None else {}),
            "host": host,
            "is_source": host == order.source,
            "path": order.path if host == order.source else order.dest,
            "outside_links": order.outside_links,
            "untrusted_below": order.untrusted_below,
            "owner": order.owner,
            "writes": not check_mode,
        }

    def _remember(self, rates: Mapping[str, Mapping[str, float | None]]) -> None:
        """Keep nothing of a transfer at a pace, which says nothing of link and disk."""
        if not self._order.rate:
            super()._remember(rates)

    def _compare(self, hosts: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what each host would do; only the pages of the list of files that differ are sent to it."""
        found = self._found[self._order.source]
        outline = {"outline": found["outline"], "marker": found["marker"]}
        compared = self._ask("compare", {host: outline for host in hosts if host in self._found})
        shared = {host: one for host, one in compared.items() if one["is_shared"]}
        lacking = {host: ItemRanges.of_steps(one["lacks"]) for host, one in compared.items() if host not in shared}
        self._send_pages(lacking)
        options = {"delete": self._order.delete, "reserve": self._order.disk_reserve}
        ready = [host for host in lacking if host not in self._fleet.failed]
        planned = self._ask("plan", dict.fromkeys(ready, options))
        # Most hosts lack the same: that is in memory once.
        same: dict[tuple[int, ...], tuple[int, ...]] = {}
        for one in planned.values():
            steps = tuple(one["wanted"])
            one["wanted"] = same.get(steps) or same.setdefault(steps, tuple(ItemRanges.of_steps(steps)))
        return {**shared, **{host: {**one, "is_shared": False} for host, one in planned.items()}}

    def _send_pages(self, lacking: Mapping[str, ItemRanges]) -> None:
        """Let the source give the pages that any host lacks, some at a time, and send each host its own of them."""
        wanted = sorted(set().union(*lacking.values()))
        for start in range(0, len(wanted), _PAGES_AT_ONCE):
            numbers = wanted[start : start + _PAGES_AT_ONCE]
            answers = self._ask("pages", {self._order.source: {"numbers": numbers}})
            if self._order.source not in answers:
                raise self._fleet.failed[self._order.source]
            pages = answers[self._order.source]["pages"]
            # Most hosts lack the same: that is one command, which is encoded once.
            commands: dict[tuple[int, ...], dict[str, Any]] = {}
            taking = {}
            for host, lacks in lacking.items():
                own = tuple(number for number in numbers if number in lacks)
                if own and host not in self._fleet.failed:
                    chosen = [page for page in pages if page[0] in lacks]
                    taking[host] = commands.setdefault(own, {"pages": chosen})
            self._ask("take_pages", taking)

    def _carry(self, compared: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Let the hosts do what needs no other host, then relay what they lack."""
        if not hosts:
            return {}
        addresses = self._addresses_of(hosts)
        hosts = list(self._ask("stage", {host: {} for host in hosts if host in addresses}))
        lacking = {host: compared[host]["wanted"] for host in hosts if compared[host]["wanted"]}
        # The others have every byte, and only need to put things into their places.
        rest = [Link(host, (), (), (self._order.source,), is_last=True) for host in hosts if host not in lacking]
        totals = {host: Total(len(compared[host]["wanted"]), compared[host]["bytes"]) for host in hosts}
        # Of a million files the digests are many: each host has read them in the list of files.
        run = self._run(addresses, None, totals, "parts of files")
        stages = self._stages(totals, addresses, dict.fromkeys(lacking, f"{LOAD} tree"))
        chains = self._chains(lacking, stages, addresses)
        return self._carry_along(chains, rest, run, stages, {}, lambda _link: {})

    def _result(self, compared: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
        if compared["is_shared"]:
            message = f"{self._order.dest} is the same directory as {self._order.path} of {self._order.source}."
            return {"changed": False, "msg": message, **_NOTHING_SENT}
        result = {
            **_NOTHING_SENT,
            "changed": compared["changed"],
            "deleted": compared["deleted"],
        }
        if self._order.shows_diff:
            result["diff"] = {"prepared": "".join(f"{line}\n" for line in compared["diff"])}
        if compared["problem"]:
            figures = {name: compared[name] for name in ("free_bytes", "needed_bytes")}
            return {**result, **figures, "failed": True, "changed": False, "deleted": 0, "msg": compared["problem"]}
        if check_mode and compared["changed"]:
            of_all = self._found[self._order.source]["files"]
            files, size = f"{compared['files_sent']} files of {of_all}", compared["bytes"]
            return {**result, "msg": f"{files} would be sent, with {size} bytes."}
        return result
