# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role preflight: from host variables to findings, and from findings to lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.filter.fabric import OBSERVED, fabric_measurements
from ansible_collections.distrain.cluster.plugins.module_utils.host.engine import disk_options
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.finding import worst_first
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.network import network_findings
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.table import error_summary, finding_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.checks import host_findings
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.report import HostReport, PreflightSettings


def preflight_findings(
    hostvars: Mapping[str, Mapping[str, Any]],
    hosts: Sequence[str],
    managers: Sequence[str],
    network_subnet: str,
    minimum_disk_bytes: int,
    encrypted: bool = False,
    network_problem: str = "",
) -> list[dict[str, str]]:
    wanted = PreflightSettings(tuple(managers), network_subnet, int(minimum_disk_bytes), network_problem)
    reports = [_report(name, hostvars[name]) for name in hosts]
    facts = {one.name: one.facts for one in reports if one.facts is not None}
    measurements = fabric_measurements(hostvars, list(facts))
    return worst_first(
        [*host_findings(reports, wanted), *network_findings(measurements, facts, managers, encrypted)], list(hosts)
    )


def _report(name: str, variables: Mapping[str, Any]) -> HostReport:
    observed = variables.get(OBSERVED) or {}
    is_observed = "machine_id" in observed
    reason = observed.get("module_stderr") or observed.get("msg") or "no answer"
    return HostReport(
        name=name,
        address=str(variables.get("ansible_host", name)),
        port=str(variables.get("ansible_port") or variables.get("ansible_ssh_port") or 22),
        user=_first(variables, "ansible_user", "ansible_ssh_user"),
        key_file=_first(variables, "ansible_ssh_private_key_file", "ansible_private_key_file"),
        swarm_address=str(variables.get("swarm_advertise_addr") or ""),
        docker_source=variables.get("docker_source", "distribution"),
        leave_foreign=(variables.get("preflight_arguments") or {}).get("leave_foreign", False),
        wants_containerd=disk_options(_mapping(variables, "docker_daemon_options"))["containerd_image_store"],
        docker_ce_version=str(_mapping(variables, "docker_package_versions").get("docker-ce") or ""),
        gpu_present=str(variables.get("nvidia_toolkit_gpu_present") or "auto"),
        facts=observed if is_observed else None,
        unreachable=bool(observed.get("unreachable", not observed)),
        reason="" if is_observed else str(reason),
    )


def _mapping(variables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = variables.get(name)
    return value if isinstance(value, Mapping) else {}


def _first(variables: Mapping[str, Any], *names: str) -> str:
    return next((str(variables[name]) for name in names if variables.get(name)), "")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "findings_errors": error_summary,
            "findings_table": finding_lines,
            "preflight_findings": preflight_findings,
        }
