# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing an image to all hosts in one pass: observe them, plan, let the agents carry it, return the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.sizes import in_words
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.chain import Link
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.delivery import (
    NOTHING_SENT,
    RelayDelivery,
    RelayOrder,
)
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.progress import Total, result_table
from ansible_collections.distrain.cluster.plugins.module_utils.image.missing import (
    Delivery,
    DeliveryPlan,
    ImageSource,
    ImageTarget,
    plan_delivery,
)
from ansible_collections.distrain.cluster.plugins.module_utils.image.name import with_tag
from ansible_collections.distrain.cluster.plugins.module_utils.image.prefix import WantedImage
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HostImages
from ansible_collections.distrain.cluster.plugins.module_utils.relay.parts import LOAD

from ..control.shared_pass import Results

_NOTHING_SENT: dict[str, Any] = {**NOTHING_SENT, "layers_sent": 0}


@dataclass(frozen=True, kw_only=True)
class ImageOrder(RelayOrder):
    """Which image is delivered, and how."""

    name: str
    docker_host: str
    engine_timeout: int
    spool_directory: str
    spool_limit: int


class ImageDelivery(RelayDelivery[ImageOrder]):
    def deliver(self, hosts: Sequence[str], check_mode: bool) -> Results:
        """The result of each of the hosts."""
        order = self._order
        arguments = {
            "name": order.name,
            "docker_host": order.docker_host,
            "engine_timeout": order.engine_timeout,
            "spool_directory": order.spool_directory,
            "spool_limit": order.spool_limit,
        }
        self._observe(dict.fromkeys(self._fleet.hosts, arguments))
        results = self._preview_all(hosts) if check_mode else self._bring(hosts)
        results = self._with_failures(hosts, results, _NOTHING_SENT)
        return {host: {**result, "spool": self._spool()} for host, result in results.items()}

    def _bring(self, hosts: Sequence[str]) -> Results:
        plan = self._plan(hosts, {})
        self._measure(plan)
        plan = self._plan(hosts, self._compare(plan))
        self._clean_up(plan)
        results = {one.host: self._result(plan, one, _NOTHING_SENT) for one in plan.deliveries}
        self._give_names(plan)
        if plan.chain:
            for host, figures in self._carry(plan).items():
                results[host] = self._result(plan, _delivery_of(plan, host), figures)
        self._show_table(results)
        return results

    def _show_table(self, results: Results) -> None:
        """Show what each host received, and what the spool keeps, if anything."""
        table = result_table(results, "layers")
        for line in table:
            self._show(line)
        spool = self._spool()
        if table and spool["layers"]:
            self._show(
                f"The spool {spool['directory']} of {self._order.source} holds {spool['layers']} layers, "
                f"{in_words(spool['bytes'])} of at most {in_words(spool['limit_bytes'])}; "
                f"{in_words(spool['free_bytes'])} are free on its disk."
            )

    def _plan(self, hosts: Sequence[str], compared: Mapping[str, Mapping[str, Any]]) -> DeliveryPlan:
        targets = [self._target(host, compared.get(host)) for host in hosts if host in self._found]
        return plan_delivery(self._order.name, self._source(), targets, self._order.disk_reserve)

    def _source(self) -> ImageSource:
        found = self._found[self._order.source]
        sizes = found["wanted"]["sizes"] if found["wanted"] else ()
        known = tuple(size for size in sizes if size is not None)
        return ImageSource(
            host=self._order.source,
            images=HostImages.from_dict(found["images"]),
            sizes=known if len(known) == len(sizes) else tuple(found["layer_sizes"]),
        )

    def _target(self, host: str, compared: Mapping[str, Any] | None) -> ImageTarget:
        if compared is None:
            return ImageTarget(host, HostImages.from_dict(self._found[host]["images"]))
        return ImageTarget(host, HostImages.from_dict(compared["images"]), compared["held_layers"])

    def _spool(self) -> dict[str, Any]:
        spool: dict[str, Any] = self._found[self._order.source]["spool"]
        return spool

    def _wanted(self) -> WantedImage:
        return WantedImage.from_dict(self._found[self._order.source]["wanted"])

    def _measure(self, plan: DeliveryPlan) -> None:
        """Ask the source for the sizes of its layers, without which no containerd store can try what it has."""
        lacking = [one.host for one in plan.deliveries if one.action in ("send", "refused")]
        if (
            all(self._found[host]["images"]["store"] == "classic" for host in lacking)
            or None not in self._wanted().sizes
        ):
            return
        for host, measured in self._ask("measure", {self._order.source: {}}).items():
            self._found[host]["wanted"]["sizes"] = measured["sizes"]

    def _compare(self, plan: DeliveryPlan) -> dict[str, Any]:
        """Ask the hosts that lack the image what they have of it; they remove what dead runs left there."""
        lacking = [one.host for one in plan.deliveries if one.action in ("send", "refused")]
        arguments = {"wanted": self._wanted().to_dict()}
        return self._ask("compare", dict.fromkeys(lacking, arguments))

    def _clean_up(self, plan: DeliveryPlan) -> None:
        """Remove what dead runs left on hosts that receive nothing, and on the source."""
        busy = {one.host for one in plan.deliveries if one.action in ("send", "refused")}
        left = (host for host, found in self._found.items() if found["leftovers"] and host not in busy)
        self._ask("clean_up", {host: {} for host in left})

    def _give_names(self, plan: DeliveryPlan) -> None:
        self._ask("name", {one.host: {"image_id": one.image_id} for one in plan.deliveries if one.action == "name"})

    def _carry(self, plan: DeliveryPlan) -> dict[str, dict[str, Any]]:
        layers = len(plan.identity.diff_ids)
        addresses = self._addresses_of(plan.chain)
        deliveries = {host: _delivery_of(plan, host) for host in plan.chain if host in addresses}
        wanted = {host: range(one.first, layers) for host, one in deliveries.items()}
        # A host that has all layers needs only the config, which is not part of the chain.
        rest = [
            Link(host, (), (), (self._order.source,), is_last=True) for host, lacking in wanted.items() if not lacking
        ]
        totals = {
            host: Total(
                layers - one.first, one.size, f"{one.first + 1}-{layers} of {layers}" if one.first < layers else ""
            )
            for host, one in deliveries.items()
        }
        digests = [diff_id.partition(":")[2] for diff_id in plan.identity.diff_ids]
        run = self._run(addresses, digests, totals, "layers")
        source = {"fingerprint": plan.identity.fingerprint, "diff_ids": list(plan.wanted)}
        loads = {host: f"{LOAD} {self._found[host]['images']['store']}" for host in deliveries}
        stages = self._stages(totals, addresses, loads)
        chains = self._chains(wanted, stages, addresses)
        carried = self._carry_along(chains, rest, run, stages, source, lambda link: self._arguments_of_sink(plan, link))
        self._settle_spool()
        return {host: {**figures, "layers_sent": figures["items_sent"]} for host, figures in carried.items()}

    def _settle_spool(self) -> None:
        """After the last byte, let the spool come back under its limit, and read what it holds then."""
        for host, spool in self._ask("settle_spool", {self._order.source: {}}).items():
            self._found[host]["spool"] = spool

    def _arguments_of_sink(self, plan: DeliveryPlan, link: Link) -> dict[str, Any]:
        sizes = self._source().sizes
        first = _delivery_of(plan, link.host).first
        return {
            "wanted": self._wanted().to_dict(),
            "first": first,
            "largest": max(sizes[first:], default=0) if len(sizes) == len(plan.identity.diff_ids) else 0,
        }

    def _result(self, plan: DeliveryPlan, delivery: Delivery, figures: Mapping[str, Any]) -> dict[str, Any]:
        before = HostImages.from_dict(self._found[delivery.host]["images"]).named(plan.name)
        fingerprint = before.identity.fingerprint if before else None
        result = {
            "changed": delivery.action in ("name", "send"),
            "diff": {
                "before": {"name": plan.name, "fingerprint": fingerprint},
                "after": {"name": plan.name, "fingerprint": plan.identity.fingerprint},
            },
            "image_identity": plan.identity.to_dict(),
            "layers_skipped": len(plan.identity.diff_ids) - figures["layers_sent"],
            **{name: figures[name] for name in _NOTHING_SENT},
        }
        return {**result, "failed": True, "msg": delivery.problem, "changed": False} if delivery.problem else result

    def _preview_all(self, hosts: Sequence[str]) -> Results:
        if self._source().images.named(self._order.name) is None:
            return {host: self._preview_missing(host) for host in hosts}
        plan = self._plan(hosts, {})
        return {one.host: self._preview(plan, one) for one in plan.deliveries}

    def _preview(self, plan: DeliveryPlan, delivery: Delivery) -> dict[str, Any]:
        result = self._result(plan, delivery, _NOTHING_SENT)
        what = {"send": "be sent", "name": "get its name only"}.get(delivery.action)
        message = f"The image {self._order.name} of {self._order.source} would {what}."
        return {**result, "msg": message} if what else result

    def _preview_missing(self, host: str) -> dict[str, Any]:
        """The image is built only by the real run."""
        name = with_tag(self._order.name)
        return {
            "changed": host != self._order.source,
            "diff": {
                "before": {"name": name, "fingerprint": None},
                "after": {"name": name, "fingerprint": "known once the image is there"},
            },
            "image_identity": None,
            **_NOTHING_SENT,
            "msg": f"The image {self._order.name} of {self._order.source} would be sent.",
        }


def _delivery_of(plan: DeliveryPlan, host: str) -> Delivery:
    return next(one for one in plan.deliveries if one.host == host)
