# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide what the role trainer_launch does; see the documentation of the module of this name."""

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.host.directory import describe_directory
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.files import PROGRAMS, WEBUI_PROGRAM, digest_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.history import FILE_NAME
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.tuning import TunedJob, tuning_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choose import link_speed
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.table import finding_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.decision import NONE, START, decision
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.host import Host, Request
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.keepers import may_keep
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.refusals import refuse_arguments
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.webui_address import webui_words

ARGUMENTS_OF_ROLE, OBSERVED = "trainer_launch_arguments", "trainer_launch_observed"
FABRIC, FACTS, GPU_COUNT = "fabric_decision", "fabric_observed", "nvidia_toolkit_gpu_count"
PYTHON = "__trainer_launch_python"

Variables = Mapping[str, Any]


class ActionModule(PlayDecision):
    role = "trainer_launch"

    def decide(self, arguments: Variables, play: PlayVariables) -> dict[str, Any]:
        hostvars = play.own["hostvars"]
        here = [name for name in play.own[ARGUMENTS_OF_ROLE]["hosts"] if name in play.left]
        if self._task.check_mode and not all(_has_observed(hostvars[name]) for name in here):
            return {"has_job": False, "decision": NONE, "hosts": {}}
        hosts = [_host(name, hostvars[name]) for name in here]
        made = self._decide(play.own, hosts, play.left)
        return {**made, "may_keep": may_keep(made["first"], play.managers, play.left)}

    def _decide(self, variables: Variables, hosts: Sequence[Host], present: Sequence[str]) -> dict[str, Any]:
        if not hosts:
            raise PlanError(
                "No host is to train. Name at least one in trainer_launch_hosts, and let this run include it."
            )
        refuse_arguments(hosts, present)
        _refuse_unobserved(hosts)
        hostvars = variables["hostvars"]
        fabric = plain(hostvars[hosts[0].name].get(FABRIC)) or {}
        programs = Path(variables["role_path"], "files")
        tuning = self._tuning(hosts, fabric, hostvars)
        request = Request(
            hosts=hosts,
            job_network=fabric["job_network"],
            addresses=fabric.get("data_path_addrs") or {},
            programs={name: digest_of(programs / Path(name).name) for name in (*PROGRAMS, WEBUI_PROGRAM)},
            sources=dict(_sources(hosts)),
            tuning=tuning["environment"],
            attempt=datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat(),
            check_mode=self._task.check_mode,
        )
        image_python = _image_python(hostvars[request.first.name])
        made = decision(replace(request, image_python=image_python))
        self.show(finding_lines(made["gpu_findings"]))
        made |= {"webui_words": _webui_words(made, hosts, hostvars)}
        if made["decision"] == START and tuning["environment"]:
            values = ", ".join(f"{name}={value}" for name, value in tuning["environment"].items())
            self.show([f"The job gets {values}: {tuning['reason']}."])
        return made

    def _tuning(self, hosts: Sequence[Host], fabric: Variables, hostvars: Mapping[str, Variables]) -> dict[str, Any]:
        """The variables that let the job use its network at its rate, and the reason for them."""
        arguments = hosts[0].arguments
        known = fabric.get("data_path_addrs") or {}
        addresses = {host.name: known[host.name] for host in hosts if host.name in known}
        # Where the networks could not be chosen, no interface is known.
        is_known = len(addresses) == len(hosts) > 1
        if not arguments["tune_network"] or not is_known or not hosts[0].has_job:
            return {"environment": {}, "reason": ""}
        pinned = {name: value for host in hosts for name, value in host.interfaces.items()}
        job = TunedJob(
            addresses=addresses,
            network=fabric["job_network"],
            backend="nccl" if all(host.gpus_of_container for host in hosts) else "gloo",
            mbits=link_speed({host.name: plain(hostvars[host.name][FACTS]) for host in hosts}, addresses),
            environment={**pinned, **arguments["environment"], **arguments["job_environment"]},
        )
        return tuning_of(job, self.kept(arguments["artifacts_directory"], FILE_NAME))


def _webui_words(made: Mapping[str, Any], hosts: Sequence[Host], hostvars: Mapping[str, Variables]) -> list[str]:
    (arguments,) = (host.arguments for host in hosts if host.name == made["first"])
    if not arguments["webui"]:
        return []
    user = arguments["webui_user"] if arguments["webui_password"] else ""
    variables = hostvars[made["first"]]
    return webui_words(variables, arguments["name"], arguments["webui_bind"], arguments["webui_port"], user)


def _host(name: str, variables: Variables) -> Host:
    fabric = plain(variables.get(FABRIC)) or {}
    return Host(
        name=name,
        arguments=plain(variables[ARGUMENTS_OF_ROLE]),
        observed=plain(variables[OBSERVED]),
        counted_gpus=int(variables.get(GPU_COUNT) or 0),
        interfaces=((fabric.get("hosts") or {}).get(name) or {}).get("environment") or {},
    )


def _has_observed(variables: Variables) -> bool:
    return not (variables.get(OBSERVED) or {"skipped": True}).get("skipped")


def _refuse_unobserved(hosts: Sequence[Host]) -> None:
    problems = [
        f"Host {host.name} cannot be observed: {host.observed.get('msg', 'no answer')}"
        for host in hosts
        if "job" not in host.observed
    ]
    if problems:
        raise PlanError("\n".join(problems))


def _sources(hosts: Sequence[Host]) -> Iterator[tuple[str, dict[str, str]]]:
    """What the absolute sources of copies hold; others are found by the copy itself."""
    for source in {copy["src"] for host in hosts for copy in host.controller_copies}:
        if source.startswith("/"):
            yield source, describe_directory(posixpath.normpath(source))


def _image_python(variables: Variables) -> str | None:
    """The version that the image printed; empty where it printed none, None where it was not asked."""
    asked = variables.get(PYTHON) or {"skipped": True}
    return None if asked.get("skipped") else str((asked.get("container") or {}).get("Output") or "").strip()
