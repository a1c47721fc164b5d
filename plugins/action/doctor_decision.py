# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a cluster, decided once from what was observed of all its hosts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.commands import as_typed
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.decision import diagnose, fails
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.observation import Cluster, Host
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.overlay import carriers
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.table import doctor_lines, host_state, refusal
from ansible_collections.distrain.cluster.plugins.plugin_utils.overlay.verdict import Overlay, judge_overlay

REPORT = "doctor.json"
ARGUMENTS: dict[str, Any] = {"stage": {"type": "str", "choices": ["overlay", "end"], "default": "end"}}
PARTS = {
    "docker": "doctor_docker",
    "toolkit": "doctor_toolkit",
    "images": "doctor_images",
    "jobs": "trainer_launch_jobs",
    "keeper": "doctor_keeper",
}
# By part, the fact in which a host keeps why it could not be looked at.
PROBLEMS = {
    "hosts": "doctor_hosts_problem",
    "trainer": "doctor_trainer_problem",
    "overlay": "doctor_overlay_problem",
}


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        cluster = self._cluster(play)
        if arguments["stage"] == "overlay":
            return _overlay(cluster)
        own = play.own["doctor_arguments"]
        preflight = plain(play.own.get("preflight_decision") or {}).get("findings") or ()
        diagnosis = diagnose(cluster, preflight)
        diagnosis["hosts"] = {host.name: host_state(host, cluster) for host in cluster.hosts}
        self.show(doctor_lines(cluster, diagnosis))
        self.keep(own["artifacts_directory"], REPORT, diagnosis)
        directory = own["artifacts_directory"]
        report = as_typed(Path(directory, REPORT).expanduser(), Path.cwd()) if directory else ""
        if fails(diagnosis["worst"], own["fail_on"]):
            return {**diagnosis, "failed": True, "msg": refusal(diagnosis, report)}
        return diagnosis

    def _cluster(self, play: PlayVariables) -> Cluster:
        own = play.own["doctor_arguments"]
        # A host that does not answer has not read what is to be trained.
        read = play.registered("trainer_launch_arguments").values()
        trainer = plain(next(filter(None, read), {}))
        return Cluster(
            hosts=[self._host(name, play) for name in play.hosts],
            others=[name for name in play.groups["all"] if name not in play.hosts],
            trainer=trainer.get("name") or "",
            image=trainer.get("image") or "",
            verdict=_verdict(play, own),
            problems=_problems(play),
            **{
                name: own[name]
                for name in ("network_name", "network_mtu", "network_encrypted", "keepalive_name", "heals")
            },
        )

    def _host(self, name: str, play: PlayVariables) -> Host:
        variables = play.of(name)
        observed = plain(variables.get("fabric_observed") or {})
        trainer = plain(variables.get("trainer_launch_arguments") or {})
        return Host(
            name=name,
            is_manager=name in play.managers,
            availability=(variables.get("doctor_arguments") or {}).get("availability") or "active",
            facts=observed if "machine_id" in observed else None,
            trains=name in (trainer.get("hosts") or ()),
            **{part: plain(variables.get(register) or {}) for part, register in PARTS.items()},
        )


def _overlay(cluster: Cluster) -> dict[str, Any]:
    """The hosts whose keepalive containers are to measure, as M(distrain.cluster.network_probe) takes them."""
    hosts = carriers(cluster)
    return {
        "carriers": hosts if len(hosts) > 1 else [],
        "endpoints": [
            {"network": cluster.network_name, "host": host, "name": f"{cluster.keepalive_name}-{host}"}
            for host in hosts
        ],
    }


def _verdict(play: PlayVariables, own: Mapping[str, Any]) -> dict[str, Any]:
    hosts = (play.own.get("doctor_carriers") or {}).get("carriers") or ()
    probed, listened = (plain(play.registered(name)) for name in ("doctor_probed", "doctor_listening"))
    rows = [row for host in hosts for row in probed[host].get("measurements") or ()]
    if not rows:
        return {}
    overlay = Overlay(
        name=own["network_name"],
        encrypted=own["network_encrypted"],
        data_path_port=own["data_path_port"],
        received_from={host: probed[host].get("received_from") for host in hosts},
        features={host: listened[host].get("features") or {} for host in hosts},
    )
    return judge_overlay(rows, overlay)


def _problems(play: PlayVariables) -> dict[str, str]:
    """By part, what the first host said for which it failed."""
    found: dict[str, str] = {}
    for host in play.hosts:
        for part, fact in PROBLEMS.items():
            if play.of(host).get(fact):
                found.setdefault(part, str(play.of(host)[fact]))
    return found
