# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: arguments and observations of the role trainer_launch that cannot work -> a sentence for each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import Claim, conflicts
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.volumes import volume_problems
from ansible_collections.distrain.cluster.plugins.module_utils.web.webhook_url import url_problem

from .boundary import boundary_problems
from .compose import port_claim, webui_claim
from .host import Host, Request
from .requirements import unmet
from .values import problems_in

_ADDRESS = re.compile(r"([0-9]{1,3}\.){3}[0-9]{1,3}")
_USER = re.compile(r"\S(.*\S)?")
LEAST_PASSWORD = 12

Problems = Callable[[Host], Iterable[str]]


def refuse_arguments(hosts: Sequence[Host], present: Sequence[str]) -> None:
    """Raise PlanError for what cannot work whatever the hosts are; ``present`` are the hosts of the run that answer."""
    _refuse(hosts, _of_values)
    _refuse(hosts, lambda host: _of_absent_hosts(host, present))
    for problems in (
        _of_webui,
        _of_password,
        _of_webhook,
        _of_volumes,
        _of_boundary,
        _of_copies,
        _of_processes,
        _of_gpus,
    ):
        _refuse(hosts, problems)


def refuse_images(hosts: Sequence[Host]) -> None:
    """Raise PlanError where a host lacks the image, or has another one of the same name."""
    _refuse(hosts, _of_missing_image)
    first = hosts[0]
    _refuse(hosts, lambda host: _of_other_image(host, first))


def refuse_needs(request: Request) -> None:
    """Raise PlanError for what another trainer has, and for versions that the trainer cannot use."""
    _refuse(request.hosts, lambda host: _of_claims(request, host))
    _refuse(request.hosts, lambda host: _of_requirements(request, host))


def _refuse(hosts: Sequence[Host], problems_of: Problems) -> None:
    """Raise the problems of all hosts, once where they are the same; each of them names its host where it is not."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        for problem in problems_of(host):
            found.setdefault(problem, []).append(host.name)
    if found:
        raise PlanError("\n".join(_with_hosts(problem, names, len(hosts)) for problem, names in found.items()))


def _with_hosts(problem: str, names: Sequence[str], count: int) -> str:
    if len(names) == count or any(name in problem for name in names):
        return problem
    return f"Host {', '.join(names)}: {problem}"


def _of_values(host: Host) -> list[str]:
    return problems_in(host.arguments, host.name)


def _of_absent_hosts(host: Host, present: Sequence[str]) -> Iterator[str]:
    absent = [name for name in host.arguments["hosts"] if name not in present]
    if absent:
        yield (
            f"trainer_launch_hosts also names {', '.join(absent)}, which this run leaves out or could not reach. Run "
            "it without --limit, or set trainer_launch_hosts to the hosts that are to train."
        )


def _of_webhook(host: Host) -> Iterator[str]:
    url = host.arguments["webhook_url"]
    problem = url_problem(url) if url else ""
    if problem:
        yield (
            f"trainer_launch_webhook_url {problem}. It is not shown here, since it is a secret: take it once more from "
            "the service that is to receive the messages."
        )


def _of_webui(host: Host) -> Iterator[str]:
    bind, port = host.arguments["webui_bind"], host.arguments["webui_port"]
    fits = _ADDRESS.fullmatch(bind) and bind != "0.0.0.0" and port in range(1, 65536)  # noqa: S104 (it is refused)
    if host.arguments["webui"] and not fits:
        yield (
            "The web UI has no TLS and, unless trainer_launch_webui_password is set, no password, so "
            f"trainer_launch_webui_bind ({bind}) has to be one IPv4 address of the first host, not all of them, and "
            f"trainer_launch_webui_port ({port}) a port. Leave 127.0.0.1 and reach it by the ssh -L that is printed at "
            "the end."
        )


def _of_password(host: Host) -> Iterator[str]:
    password, user = host.arguments["webui_password"], host.arguments["webui_user"]
    fits = len(password) >= LEAST_PASSWORD and _USER.fullmatch(user)
    if host.arguments["webui"] and password and not fits:
        yield (
            "trainer_launch_webui_password has to have 12 characters or more, since the web UI lets everyone try as "
            f"often as they like, and trainer_launch_webui_user ({user}) a name without spaces around it."
        )


def _of_volumes(host: Host) -> list[str]:
    arguments = host.arguments
    directories = arguments["job_output_directory"], arguments["job_working_directory"]
    return volume_problems(arguments["volumes"], *directories)


def _of_boundary(host: Host) -> list[str]:
    return boundary_problems(host.arguments["volumes"], host.controller_copies, host.arguments["directory"])


def _of_copies(host: Host) -> Iterator[str]:
    for copy in host.controller_copies:
        dest = copy.get("dest")
        if not copy.get("src") or not dest or dest.startswith("/") or ".." in dest.split("/"):
            yield (
                "Each of trainer_launch_copies that comes from the controller has a src there and a dest inside "
                f"{host.arguments['directory']}; found {_shown(copy)}."
            )
    for copy in host.host_copies:
        known = copy["source_host"] in host.arguments["hosts"]
        if not known or not str(copy.get("src") or "").startswith("/") or copy.get("dest"):
            yield (
                "Each of trainer_launch_copies with a source_host has one of trainer_launch_hosts there, and as src "
                "the absolute path of a directory, which comes to the same path of all; it has no dest. Found "
                f"{_shown(copy)}."
            )


def _of_processes(host: Host) -> Iterator[str]:
    port, ssh_port = host.arguments["job_port"], host.arguments["deepspeed_ssh_port"]
    ports = range(1024, 65536)
    if host.processes < 1 or port not in ports or ssh_port not in ports or port == ssh_port:
        yield (
            f"trainer_launch_processes_per_host ({host.processes}) has to be 1 or more, and trainer_launch_job_port "
            f"({port}) and trainer_launch_deepspeed_ssh_port ({ssh_port}) two ports between 1024 and 65535."
        )


def _of_gpus(host: Host) -> Iterator[str]:
    try:
        count = host.gpus_of_container
    except PlanError as refused:
        yield refused.message
        return
    if host.has_job and 0 < count < host.processes:
        yield (
            f"Host {host.name}: trainer_launch_processes_per_host is {host.processes}, but the number of GPUs that its "
            f"container gets is {count} (trainer_launch_gpu_devices, or all of the host), and two processes cannot "
            f"share one. Set it to {count} or less; with trainer_launch_gpu_count 0 the job runs on the CPU, with any "
            "number of processes."
        )


def _of_missing_image(host: Host) -> Iterator[str]:
    if not host.observed["image"]:
        yield (
            f"Host {host.name} does not have the image {host.arguments['image']}. Run playbooks/images.yml to build it "
            "and bring it to every host, or set trainer_launch_image."
        )


def _of_other_image(host: Host, first: Host) -> Iterator[str]:
    if host.observed["image"]["layers"] != first.observed["image"]["layers"]:
        yield (
            f"The image {host.arguments['image']} on host {host.name} is not the one that {first.name} has: their "
            "layers differ. Run playbooks/images.yml to bring the same image to every host."
        )


def _of_claims(request: Request, host: Host) -> list[str]:
    on_host = request.is_on_host_network
    ports = [port_claim(host, on_host)]
    if host.arguments["webui"] and host is request.first:
        ports.append(webui_claim(host))
    wanted = [Claim(host.arguments["name"], tuple(one), tuple(host.gpus)) for one in ports]
    containers = [{"Labels": labels} for labels in host.observed["claims"]]
    return conflicts(host.name, wanted, containers, host.arguments["share_gpus"])


def _of_requirements(request: Request, host: Host) -> list[str]:
    required = host.arguments["requirements"]
    found: dict[str, str | None] = {"engine": host.observed["engine_version"]}
    if "driver_min" in required and host.gpu_count > 0:
        found["driver"] = host.observed["driver_version"]
    if request.image_python is not None and host is request.first:
        found["python"] = request.image_python
    return unmet(host.name, required, found)


def _shown(copy: object) -> str:
    return json.dumps(copy, default=str)
