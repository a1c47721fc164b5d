# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which mirrors each host and the controller have to ask, decided once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors.presets import mirror_addresses
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors.wanted import Wanted, of_controller, of_host


def wanted_mirrors(play: PlayVariables) -> tuple[dict[str, list[Wanted]], list[Wanted]]:
    """Return what each host that was observed needs, by its name, and what the controller needs."""
    arguments = play.registered("preflight_arguments")
    # With a bundle, nothing is asked.
    given = {name: plain(one) for name, one in arguments.items() if one and not one.get("bundle")}
    registered = play.registered("fabric_observed")
    observed = {name: plain(registered[name]) for name in given if "machine_id" in registered[name]}
    for name in observed:
        given[name]["mirrors"] = mirror_addresses(given[name]["mirrors"])
    hosts = {
        name: list(of_host(given[name], facts, is_builder=name == given[name]["builder"]))
        for name, facts in observed.items()
    }
    controller = of_controller(given[next(iter(observed))], observed) if observed else ()
    return {name: wanted for name, wanted in hosts.items() if wanted}, list(controller)


class ActionModule(PlayDecision):
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        hosts, controller = wanted_mirrors(play)
        return {
            "hosts": {name: [one.as_question() for one in wanted] for name, wanted in hosts.items()},
            "controller": [one.as_question() for one in controller],
        }
