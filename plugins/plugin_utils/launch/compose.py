# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The compose file of a trainer on one host.

It is written by hand rather than by PyYAML: parsers of YAML 1.1 and 1.2 have to read the same, and compose would take
C($) for a variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import (
    GPUS_LABEL,
    PORT_LABEL,
    TRAINER_LABEL,
    cdi_devices,
)
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.yaml_string import compose_string

from .host import CONTAINER_DIRECTORY, RUNNER_DIRECTORY, Host

HEADING = "# Written by the role distrain.cluster.trainer_launch; a change made here is undone by its next run.\n"
WEBUI = "webui"
WEBUI_VOLUME = f"{CONTAINER_DIRECTORY}/webui"
WEBUI_PROGRAM = ("python3", f"{WEBUI_VOLUME}/webui_password.py")
CREDENTIALS = f"{WEBUI_VOLUME}/credentials"
_PLAIN_KEY = re.compile(r"(?!true$|false$|null$)[a-z]{3,}(?:_[a-z]+)*")


def compose_text(host: Host, is_on_host_network: bool, has_webui: bool) -> str:
    """Return the text of the file. Raises PlanError where a value cannot stand in it."""
    services = {"trainer": _trainer(host, is_on_host_network)}
    networks: dict[str, Any] = (
        {"default": {}} if is_on_host_network else {"cluster": {"name": host.arguments["network"], "external": True}}
    )
    if has_webui:
        services[WEBUI] = _webui(host)
        networks[WEBUI] = {}
    return HEADING + "".join(f"{line}\n" for line in _block({"services": services, "networks": networks}))


def without_webui(text: str) -> dict[str, dict[str, Any]]:
    """Return the services and networks of a compose file but for the web UI's; none of what is no compose file."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    return {
        kind: {name: one for name, one in _mapping(_mapping(content).get(kind)).items() if name != WEBUI}
        for kind in ("services", "networks")
    }


def port_claim(host: Host, is_on_host_network: bool) -> list[str]:
    """On the overlay a port of the job is one of the container, and no other trainer meets it."""
    arguments = host.arguments
    # Claimed there alone, so that on the overlay a job by another launcher leaves the container as it is.
    has_ssh = is_on_host_network and arguments["launcher"] == "deepspeed"
    ports = [arguments["job_port"], *([arguments["deepspeed_ssh_port"]] if has_ssh else [])]
    return [f"{'0.0.0.0:' if is_on_host_network else ''}{port}" for port in ports]


def webui_claim(host: Host) -> list[str]:
    return [f"{host.arguments['webui_bind']}:{host.arguments['webui_port']}"]


def webui_check(host: Host) -> list[str]:
    """The command that tries in the image whether the web UI can ask for a password."""
    return [*WEBUI_PROGRAM, "--check", CREDENTIALS, *host.arguments["webui_command"]]


def _common(host: Host) -> dict[str, Any]:
    arguments = host.arguments
    values: dict[str, Any] = {
        "image": arguments["image"],
        "pull_policy": "never",
        "init": True,
        "restart": arguments["restart"],
        "ipc": arguments["ipc"],
        "shm_size": arguments["shm_size"],
        "working_dir": arguments["job_working_directory"],
        "ulimits": {name: int(limit) for name, limit in arguments["ulimits"].items()},
        "environment": host.container_environment,
    }
    if host.gpus:
        devices = cdi_devices(host.gpus, arguments["gpu_device"])
        device = {"driver": "cdi", "device_ids": devices, "capabilities": ["gpu"]}
        values["deploy"] = {"resources": {"reservations": {"devices": [device]}}}
    return {name: value for name, value in values.items() if value != {}}


def _trainer(host: Host, is_on_host_network: bool) -> dict[str, Any]:
    """It idles; a job is only ever started inside it, so that a restart never runs a job again."""
    directory = host.arguments["directory"]
    has_rdma = "NCCL_IB_HCA" in host.interfaces
    network = {"network_mode": "host"} if is_on_host_network else {"hostname": host.container, "networks": ["cluster"]}
    return {
        **_common(host),
        "container_name": host.container,
        "entrypoint": ["sleep", "infinity"],
        "command": [],
        "labels": _labels(host, port_claim(host, is_on_host_network)),
        **network,
        **({"devices": ["/dev/infiniband"]} if has_rdma else {}),
        # py-spy reads the stacks of the container's other processes by it.
        "cap_add": ["SYS_PTRACE", *(["IPC_LOCK"] if has_rdma else [])],
        # Keys of a launcher, gone with the container however it ends.
        "tmpfs": [f"{CONTAINER_DIRECTORY}/launch:mode=0700,size=4m"],
        "volumes": [
            *host.arguments["volumes"],
            f"{directory}/control:{CONTAINER_DIRECTORY}/control:ro",
            f"{directory}/logs:{CONTAINER_DIRECTORY}/logs",
            f"{directory}/runner:{RUNNER_DIRECTORY}:ro",
        ],
    }


def _webui(host: Host) -> dict[str, Any]:
    """On a bridge of its own: nothing on the overlay reaches it."""
    arguments = host.arguments
    asking = [*WEBUI_PROGRAM, CREDENTIALS] if arguments["webui_password"] else []
    files = [webui_volume(host)] if arguments["webui_password"] else []
    return {
        **_common(host),
        "container_name": f"{arguments['name']}-webui",
        "entrypoint": [],
        "command": [*asking, *arguments["webui_command"]],
        "labels": _labels(host, webui_claim(host)),
        "networks": [WEBUI],
        "ports": [f"{webui_claim(host)[0]}:7860"],
        # Where cores are short, an eighth of a trainer's share: a rank that waits for its host delays all ranks.
        "cpu_shares": 128,
        "volumes": [*arguments["volumes"], *files],
    }


def webui_volume(host: Host) -> str:
    return f"{host.arguments['directory']}/webui:{WEBUI_VOLUME}:ro"


def _labels(host: Host, ports: Sequence[str]) -> dict[str, str]:
    return {TRAINER_LABEL: host.arguments["name"], PORT_LABEL: ",".join(ports), GPUS_LABEL: ",".join(host.gpus)}


def _block(value: Mapping[str, Any] | Sequence[Any], indent: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            key = name if _PLAIN_KEY.fullmatch(name) else compose_string(name)
            if isinstance(one, (Mapping, list)) and one:
                yield f"{indent}{key}:"
                yield from _block(one, f"{indent}  ")
            else:
                yield f"{indent}{key}: {_scalar(one)}"
        return
    for one in value:
        lines = list(_block(one, f"{indent}  ")) if isinstance(one, Mapping) else [f"{indent}  {_scalar(one)}"]
        yield f"{indent}- {lines[0].lstrip(' ')}"
        yield from lines[1:]


def _scalar(value: Any) -> str:
    if isinstance(value, (bool, int)):
        return str(value).lower()
    return compose_string(value) if not isinstance(value, (Mapping, list)) else "{}" if value == {} else "[]"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
