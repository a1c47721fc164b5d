# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: all hosts of a launch, as they were asked for and observed -> what the role trainer_launch does on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.job.plan import RUNNING, decide
from ansible_collections.distrain.cluster.plugins.module_utils.job.throughput import samples_per_step
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import (
    TORCHRUN_ELASTIC,
    job_digest,
    ranks,
)

from . import needs
from .commands import Launch, command_of, environment_of
from .compose import compose_text, webui_check, webui_volume
from .files import key_names
from .gpus import gpu_use, sick_gpus
from .host import CONTAINER_DIRECTORY, RUNNER_DIRECTORY, Host, Request
from .refusals import refuse_images, refuse_needs
from .volume_root import volume_root

Ranks = Sequence[Mapping[str, Any]]
START, FOLLOW, NONE = "start", "follow", "none"


def decision(request: Request) -> dict[str, Any]:
    """What is done on each host, and with the job. Raises PlanError for what cannot be done.

    ``refuse_arguments`` of C(refusals.py) has to have found nothing before.
    """
    if not request.check_mode:
        refuse_images(request.hosts)
    hosts = request.hosts
    # The run's own host, the first, names what is the same for all.
    arguments = hosts[0].arguments
    addresses = request.addresses if request.is_on_host_network else {}
    processes = {host.name: host.processes for host in hosts}
    laid_out = ranks([host.name for host in hosts], arguments["first_host"], arguments["name"], processes, addresses)
    jobs = {host.name: _job(host, laid_out, request.tuning) for host in hosts} if hosts[0].has_job else {}
    refuse_needs(request)
    job_decision = _job_decision(request, laid_out, jobs)
    first = laid_out[0]["host"]
    return {
        "has_job": bool(jobs),
        "decision": job_decision,
        "attempt": request.attempt,
        "ranks": laid_out,
        "first": first,
        "is_on_host_network": request.is_on_host_network,
        "container_directory": CONTAINER_DIRECTORY,
        "runner": f"{RUNNER_DIRECTORY}/run-job",
        "gpu_findings": sick_gpus(request) if job_decision == START else [],
        "min_hosts": arguments["elastic_min_hosts"] if _is_elastic(arguments) else 0,
        "addresses": dict(request.addresses),
        "hosts": {
            host.name: _of_host(request, host, host.name == first, job_decision) | jobs.get(host.name, {})
            for host in hosts
        },
    }


def launch_of(arguments: Mapping[str, Any]) -> Launch:
    """How the job is started, by the arguments of the role."""
    values = {name: arguments[f"job_{name}"] for name in ("port", "entry", "command")}
    alike = ("launcher", "elastic_min_hosts", "elastic_restarts", "deepspeed_arguments")
    return Launch.of(
        values
        | {name: arguments[name] for name in alike}
        | {
            "job": arguments["job_name"],
            "ssh_port": arguments["deepspeed_ssh_port"],
            "directory": f"{CONTAINER_DIRECTORY}/launch/{arguments['job_name']}",
            "runner_directory": RUNNER_DIRECTORY,
        }
    )


def _is_elastic(arguments: Mapping[str, Any]) -> bool:
    return bool(arguments["launcher"] == TORCHRUN_ELASTIC)


def _job(host: Host, laid_out: Ranks, tuning: Mapping[str, str]) -> dict[str, Any]:
    """The part of the job that this host runs."""
    arguments, launch = host.arguments, launch_of(host.arguments)
    own = next(one for one in laid_out if one["host"] == host.name)
    rank, world_size = own["rank"], own["world_size"]
    wanted = {**host.interfaces, **arguments["job_environment"]}
    words = [*arguments["job_entry"], *arguments["job_command"], *host.job_arguments]
    known_samples = arguments["job_samples_per_step"] or samples_per_step(host.settings, words, world_size)
    job = {
        "command": [*command_of(laid_out, rank, launch), *host.job_arguments],
        "settings": host.settings_text,
        "environment": environment_of(laid_out, rank, launch, wanted),
        # What is measured anew does not make it another job: it is no part of the digest.
        "tuning": dict(tuning),
        "working_directory": arguments["job_working_directory"],
        "rank": rank,
        "world_size": world_size,
    }
    digest = job_digest(job)
    return job | {
        "digest": digest,
        "is_changed": host.observed["job"]["digest"] not in (None, digest),
        "key_names": key_names(laid_out, rank, launch),
        # With hosts that come and go it would be another number each time.
        "samples_per_step": 0 if _is_elastic(arguments) else known_samples,
        "output_directory": host.output_directory,
        "output_root": host.output_root,
        "gpu_use": gpu_use(host),
        "parity": {
            "settings": host.settings,
            "command": {
                "trainer_launch_job_entry": arguments["job_entry"],
                "trainer_launch_job_command": arguments["job_command"],
            },
        },
    }


def _job_decision(request: Request, laid_out: Ranks, jobs: Mapping[str, Mapping[str, Any]]) -> str:
    arguments = request.hosts[0].arguments
    if not jobs:
        return NONE
    return decide(
        {host.name: host.observed["job"]["state"] for host in request.hosts},
        arguments["job_again"],
        arguments["job_name"],
        {name: job["is_changed"] for name, job in jobs.items()},
        arguments["follow"],
        laid_out[0]["host"] if _is_elastic(arguments) else "",
    )


def _of_host(request: Request, host: Host, is_first: bool, job_decision: str) -> dict[str, Any]:
    arguments = host.arguments
    has_webui = is_first and arguments["webui"]
    asks_password = bool(has_webui and arguments["webui_password"])
    text = compose_text(host, request.is_on_host_network, has_webui)
    _refuse_new_container(host, text)
    return {
        "container": host.container,
        "is_first": is_first,
        "gpus": host.gpus,
        "compose": text,
        "has_webui": has_webui,
        "has_webui_password": asks_password,
        "webui_volume": webui_volume(host),
        "webui_check": webui_check(host),
        "container_environment": host.container_environment,
        "may_share_storage": needs.may_share_storage(host),
        "controller_copies": host.controller_copies,
        "host_copies": [{**copy, "root": volume_root(copy["src"], arguments["volumes"])} for copy in host.host_copies],
        "needs": _needs(request, host, text, has_webui, asks_password, job_decision),
    }


def _needs(
    request: Request, host: Host, text: str, has_webui: bool, asks_password: bool, job_decision: str
) -> dict[str, bool]:
    """What the host lacks; false for everything is a host that is as it is wanted."""
    on_host_network = request.is_on_host_network
    compose = needs.needs_compose(host, text, has_webui, on_host_network)
    lacks_password = asks_password and needs.lacks_password(host, request.programs.get("webui/webui_password.py"))
    is_older = asks_password and needs.webui_is_older(host)
    starts = job_decision == START or not host.has_job
    return {
        "files": needs.lacks_files(host, request.programs),
        "copies": bool(host.arguments["copies"]) and (starts or needs.lacks_copies(request, host)),
        "compose": compose,
        "lookup": not on_host_network and (compose or not host.observed["leader_found"]),
        "webui_password": lacks_password or is_older or (asks_password and compose),
        "webui_restart": host.observed["webui"]["started"] is not None and (lacks_password or is_older),
        "no_webui_password": not asks_password and needs.has_password(host),
    }


def _refuse_new_container(host: Host, text: str) -> None:
    arguments = host.arguments
    if host.observed["job"]["state"] == RUNNING and needs.needs_new_container(host, text):
        raise PlanError(
            f"Job {arguments['job_name']} runs in {host.container}, and what was changed since (its compose file or "
            "its image) needs a new container. Wait for the job's end, or stop it with playbooks/stop.yml -e "
            f"trainer_launch_job_name={arguments['job_name']}."
        )
