# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep the record of a job on the controller; see the documentation of the module of this name."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.job_record import (
    End,
    after_attempt,
    closed,
    record_of,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.kept_record import (
    put_aside,
    read_record,
    write_record,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.messages import Messages
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.restarts import restarts
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.webhook import notifying

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "close": {"type": "bool", "default": False},
    "outcome": {"type": "dict", "default": {}},
    "checkpoints": {"type": "dict", "default": {}},
    "plan": {"type": "list", "elements": "str", "default": []},
    "network": {"type": "str", "default": ""},
    "collection_version": {"type": "str", "default": ""},
}
RECORD = "job.json"
ROLE = "trainer_launch_arguments"


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        path = Path(arguments["directory"], RECORD).expanduser()
        try:
            kept = read_record(path)
            if kept.problem and not self._task.check_mode:
                put_aside(path)
                Display().warning(
                    f"{path} {kept.problem}. It is put aside as {path.name}.corrupt, and the job counts as one without "
                    "a record."
                )
            record, again = self._record(arguments, play.own, kept.record)
            record = json.loads(json.dumps(record, default=str))
            changed = bool(record) and record != kept.record
            if changed and not self._task.check_mode:
                write_record(path, record)
                self._notify_of_the_end(plain(arguments["outcome"]), record, again, play.own)
        except OSError as error:
            raise AnsibleActionFail(
                f"The record of the job {path} cannot be read or written on the controller: {error.strerror}. Let the "
                "user who runs the playbook do so, or move it away."
            ) from error
        return {
            "changed": changed,
            "restarts": record.get("restarts") or restarts({}, 0, 0),
            "starts_again": again,
        }

    def _notify_of_the_end(
        self, outcome: Mapping[str, Any], record: Mapping[str, Any], again: bool, variables: Mapping[str, Any]
    ) -> None:
        """Notify people of a job that should have been started again and is not."""
        note = (record.get("restarts") or {}).get("note")
        if outcome.get("outcome") != "failed" or again or not note:
            return
        named = {name: outcome.get(key) for name, key in (("host", "failed_host"), ("cause", "finding"))}
        event = {"at": time.time(), "kind": "given_up", "text": f"The job was {note}.", "rank": None, **named}
        messages = Messages(str(record.get("trainer")), str(record.get("name")))
        with notifying(plain(variables.get(ROLE)) or {}, messages, Display().warning) as notify:
            notify(event)

    def _record(
        self, arguments: Mapping[str, Any], variables: Mapping[str, Any], kept: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """Return the record, and whether the job is to be started again."""
        hostvars = variables["hostvars"]
        if arguments["close"]:
            hosts = variables["ansible_play_hosts_all"]
            return (closed(kept, {host: _seen(hostvars[host])["job"] for host in hosts}) if kept else {}), False
        decision = plain(variables["trainer_launch_decision"])
        outcome = plain(arguments["outcome"])
        role = plain(hostvars[decision["first"]]["trainer_launch_arguments"])
        own = decision["hosts"][decision["first"]]
        said = {
            **{name: arguments[name] for name in ("plan", "network", "collection_version")},
            "name": role["job_name"],
            "trainer": role["name"],
            "launcher": role["launcher"],
            "settings": own["parity"]["settings"] if role["job_config"] else {},
            "environment": {**role["environment"], **own["environment"]},
            "image_name": role["image"],
            "restarts": restarts(outcome, decision["restart"], role["max_restarts"]),
            "is_restart": decision["restart"] > 0,
        }
        seen = {rank["host"]: _seen(hostvars[rank["host"]]) for rank in decision["ranks"]}
        failure = outcome["msg"] if outcome.get("outcome") == "failed" else ""
        end = End(failure, outcome.get("gpu_problems") or ())
        record = record_of(said, decision["ranks"], seen, kept, role["job_secrets"], end)
        counts = (decision["restart"], role["max_restarts"])
        return after_attempt(record, outcome, plain(arguments["checkpoints"]), *counts)


def _seen(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a host; nothing of one that does not answer."""
    observed = plain(variables.get("trainer_launch_observed")) or {}
    facts = plain(variables.get("fabric_observed")) or {}
    return {**{name: observed.get(name) for name in ("job", "container", "image")}, "facts": facts}
