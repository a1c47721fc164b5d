# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in the way of a cluster, decided once for all hosts of the play."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.action.mirrors_decision import wanted_mirrors
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.host.engine import disk_options
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.commands import as_typed
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.decision import measurements_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.table import (
    are_the_same,
    choice_lines,
    in_one_line,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.finding import Finding
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.table import error_summary, finding_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors.findings import CONTROLLER, mirror_findings
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.connection import reason_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.decision import find_everything
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.report import HostReport, PreflightSettings

REPORT = "preflight.json"
ARGUMENTS: dict[str, Any] = {"show": {"type": "bool", "default": True}, "refuse": {"type": "bool", "default": True}}


def report_of(
    name: str, variables: Mapping[str, Any], arguments: Mapping[str, Any], observed: Mapping[str, Any]
) -> HostReport:
    """A host, from its variables, its arguments of the role preflight and what C(host_info) returned, if it did."""
    is_observed = "machine_id" in observed
    reason = reason_of(observed)
    return HostReport(
        name=name,
        address=str(variables.get("ansible_host", name)),
        port=_first(variables, "ansible_port", "ansible_ssh_port") or "22",
        user=_first(variables, "ansible_user", "ansible_ssh_user"),
        key_file=_first(variables, "ansible_ssh_private_key_file", "ansible_private_key_file"),
        swarm_address=arguments.get("advertise_addr") or "",
        docker_source=arguments.get("docker_source") or "distribution",
        leave_foreign=bool(arguments.get("leave_foreign")),
        wants_containerd=disk_options(arguments.get("daemon_options") or {})["containerd_image_store"],
        docker_ce_version=str((arguments.get("package_versions") or {}).get("docker-ce") or ""),
        gpu_present=arguments.get("gpu_present") or "auto",
        facts=observed if is_observed else None,
        unreachable=bool(observed.get("unreachable", not observed)),
        reason="" if is_observed else str(reason),
    )


def mirrors_found(play: PlayVariables) -> list[Finding]:
    """The findings about the mirrors that hosts and the controller have asked."""
    hosts, controller = wanted_mirrors(play)
    asked = play.registered("preflight_mirrors_asked")
    answers = {name: asked[name].get("answers") or () for name in hosts}
    found = [finding for name in hosts for finding in mirror_findings(name, hosts[name], answers[name])]
    by_controller = (play.own.get("preflight_mirrors_controller") or {}).get("answers") or ()
    return [*found, *mirror_findings(CONTROLLER, controller, by_controller)]


def _data_networks(fabric: Mapping[str, Any], endpoints: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The network of each host's address for data, as far as it was measured."""
    addresses = fabric.get("data_path_addrs") or {}
    return {one["host"]: one["network"] for one in endpoints if addresses.get(one["host"]) == one["address"]}


def _first(variables: Mapping[str, Any], *names: str) -> str:
    return next((str(variables[name]) for name in names if variables.get(name)), "")


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        own, fabric = play.own["preflight_arguments"], play.own["fabric_decision"]
        measurements = measurements_of(play.registered("fabric_probed"))
        settings = PreflightSettings(
            managers=tuple(play.managers),
            network_subnet=fabric["overlay"]["subnet"],
            minimum_disk_bytes=own["minimum_disk_bytes"],
            network_problem=fabric["problem"],
            encrypted=own["encrypted"],
            gpu_health=own["gpu_health"],
            data_networks=_data_networks(fabric, (play.own.get("fabric_endpoints") or {}).get("endpoints") or ()),
        )
        given, observed = play.registered("preflight_arguments"), play.registered("fabric_observed")
        reports = [report_of(host, play.variables(host), given[host], observed[host]) for host in play.hosts]
        findings = find_everything(reports, measurements, settings, mirrors_found(play))
        if arguments["show"]:
            self.show(self._choices(fabric["choices"], own["artifacts_directory"]))
            self.show(finding_lines(findings) or ["Nothing stands in the way."])
        report = {"findings": findings, "measurements": measurements, "plan": fabric}
        self.keep(own["artifacts_directory"], REPORT, report)
        summary = error_summary(findings)
        if summary and arguments["refuse"]:
            raise PlanError(summary)
        return {"findings": findings}

    def _choices(self, choices: list[Mapping[str, Any]], directory: str) -> list[str]:
        """Return the lines about the choices: one where they are those of the report of an earlier run."""
        report = Path(directory, REPORT).expanduser()
        try:
            before = json.loads(report.read_text())["plan"]["choices"]
            if directory and choices and are_the_same(choices, before):
                return [f"As before, for the reasons in {as_typed(report, Path.cwd())}: {in_one_line(choices)}"]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            # There is no earlier report, or none of this version.
            pass
        return choice_lines(choices)
