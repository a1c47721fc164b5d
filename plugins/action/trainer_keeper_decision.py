# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Describe a job for its keeper; see the documentation of the module of this name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import (
    CLIENT,
    LASTING,
    SERVER,
    RunAuthority,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.kept import (
    HostKeys,
    host_of,
    is_given,
    keep_of,
    listener_of,
    options_of,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.keepers import keeping_managers, newest_state

ARGUMENTS = {
    "plan": {"type": "list", "elements": "str", "default": []},
    "network": {"type": "str", "default": ""},
    "collection_version": {"type": "str", "default": ""},
}
KEEPER = "keeper"


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        hostvars = play.own["hostvars"]
        decision = plain(play.own["trainer_launch_decision"])
        first = decision["first"]
        roles = {rank["host"]: plain(hostvars[rank["host"]]["trainer_launch_arguments"]) for rank in decision["ranks"]}
        seen = {host: _seen(hostvars[host]) for host in roles}
        answers = _answers(plain(play.own.get("trainer_launch_keeper")) or {})
        state = newest_state(answers, roles[first]["job_name"])
        options = json.dumps(options_of(roles[first], decision), sort_keys=True)
        if not is_given(decision, state, (seen[first]["job"] or {}).get("attempt")):
            result = {"hosts": dict.fromkeys(roles, ""), "keep": "", "options": options, "given": False}
            managers = state["managers"]
            keepers = [one for one in managers or [first] if one in play.left]
            return {**result, "keepers": keepers, "several": bool(managers), "_ansible_no_log": True}
        managers = keeping_managers(answers)
        keys = _keys(Place(roles[first]["name"], roles[first]["job_name"]), list(dict.fromkeys([*roles, *managers])))
        identities = {host: one.identity for host, one in keys[0].items()}
        own = decision["hosts"][first]
        said = {
            **arguments,
            "name": roles[first]["job_name"],
            "trainer": roles[first]["name"],
            "launcher": roles[first]["launcher"],
            "settings": own["parity"]["settings"] if roles[first]["job_config"] else {},
            "environment": {**roles[first]["environment"], **own["environment"]},
            "image_name": roles[first]["image"],
        }
        keep = keep_of(roles[first], decision, uuid.uuid4().hex, said, seen, keys[1], identities, managers)
        parts = {host: listener_of(roles[first], decision, host, keys[0][host]) for host in managers}
        parts |= {host: host_of(role, decision, host, keys[0][host]) for host, role in roles.items()}
        return {
            "hosts": {host: _text(part) for host, part in parts.items()},
            "keepers": list(managers) or [first],
            "several": bool(managers),
            "keep": _text(keep),
            "options": options,
            "given": True,
            "_ansible_no_log": True,
        }


def _keys(place: Place, hosts: list[str]) -> tuple[dict[str, HostKeys], Any]:
    """Return the keys of every host, and those of the keeper. A host's do not let it be a keeper."""
    authority, relay = RunAuthority(LASTING), RunAuthority(LASTING)
    made = {}
    for number, host in enumerate(hosts):
        identity = place.identity(number)
        made[host] = HostKeys(authority.keys_for(identity, SERVER), relay.keys_for(identity), identity)
    return made, authority.keys_for(KEEPER, CLIENT)


def _answers(asked: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each host that was asked knows; nothing of one that does not answer."""
    return {one["item"]: one for one in asked.get("results") or () if "jobs" in one}


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, default=str)


def _seen(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a host; nothing of one that does not answer."""
    observed = plain(variables.get("trainer_launch_observed")) or {}
    facts = plain(variables.get("fabric_observed")) or {}
    return {**{name: observed.get(name) for name in ("job", "container", "image")}, "facts": facts}
