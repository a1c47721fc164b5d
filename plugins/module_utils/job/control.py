# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Apply the steps of a job's plan on its host: start it inside its container, or stop its processes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..base.disk import free_bytes
from ..base.errors import ClusterError, TimedOut
from ..base.plan import Step
from ..base.sizes import in_words
from ..base.wait import wait_until
from ..gpu.claims import claimed_gpus
from ..overlay.interface import interface_of
from ..trainer.placement import interface_environment, job_digest, resumed_settings
from .files import JobFiles, attempt_id
from .memory import memory_kills
from .processes import MARK
from .stop import end_all, stop_job

# A busy host may start the runner a little later.
BEGIN_SECONDS = 60


class Engine(Protocol):
    """What the start of a job needs of an engine's client."""

    def container(self, name: str) -> dict[str, Any] | None: ...

    def start_exec(
        self, container: str, argv: Sequence[str], environment: Mapping[str, str], working_directory: str | None
    ) -> str: ...


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    """Start or stop the job; raise ClusterError where that fails."""
    files = JobFiles(params["directory"], params["name"])
    if step.verb == "stop":
        stop_job(files, params["name"], params["stop_timeout"])
    else:
        start(engine, files, params)


def start(engine: Engine, files: JobFiles, params: Mapping[str, Any]) -> None:
    container = running_container(engine, params["container"])
    # Processes left by an earlier attempt hold its port and its memory.
    end_all(files, params["name"], params["stop_timeout"])
    environment = {name: str(value) for name, value in {**params["tuning"], **params["environment"]}.items()}
    interface = None
    if params["network"]:
        interface = network_interface(container, params["network"])
        environment = interface_environment(interface, environment)
    environment |= {name: str(value) for name, value in params["secrets"].items()}
    environment[MARK] = str(files.control)
    if params["checkpoint"]:
        environment["DISTRAIN_CHECKPOINT"] = params["checkpoint"]
    settings = resumed_settings(params["settings"], params["resume_setting"], params["checkpoint"])
    files.begin(record(params, container, interface), settings, params["launch_files"])
    try:
        engine.start_exec(params["container"], command(params), environment, params["working_directory"])
        wait_until_begun(files, params)
    except ClusterError:
        files.forget()
        raise
    # The container has read the keys by now; the host needs no copy.
    files.remove_launch_files()


def wait_until_begun(files: JobFiles, params: Mapping[str, Any]) -> None:
    """Raise ClusterError where the runner in the container does not start, as on a full disk."""
    try:
        wait_until(
            lambda: files.has_begun(params["attempt"]),
            bool,
            lambda _begun: "it was not started",
            BEGIN_SECONDS,
            interval=0.1,
        )
    except TimedOut as error:
        free = free_bytes(files.logs.root)
        raise ClusterError(
            f"Job {params['name']} was not started in container {params['container']} within {BEGIN_SECONDS} s: its "
            f"runner has to write into {files.logs.path}, where {in_words(free or 0)} are free. Make room there, or "
            f"see docker exec {params['container']} ls -la {params['container_directory']}/logs, and run this again."
        ) from error


def command(params: Mapping[str, Any]) -> list[str]:
    """Return the command that the engine runs in the container: the runner, its arguments, the job's command."""
    root, name = params["container_directory"], params["name"]
    settings = [] if params["settings"] is None else [f"{root}/control/{name}/config.yaml"]
    return ["sh", params["runner"], root, name, attempt_id(params["attempt"]), *params["command"], *settings]


def record(params: Mapping[str, Any], container: Mapping[str, Any], interface: str | None) -> dict[str, Any]:
    """Return the job's record on this host."""
    return {
        "name": params["name"],
        "attempt": params["attempt"],
        "started": time.time(),
        "command": list(params["command"]),
        "digest": job_digest(params),
        "checkpoint": params["checkpoint"],
        "rank": params["rank"],
        "world_size": params["world_size"],
        "output_directory": params["output_directory"],
        "output_root": params["output_root"],
        "samples_per_step": params["samples_per_step"],
        "container_id": container["Id"],
        "interface": interface,
        "memory_kills": memory_kills(container["State"]["Pid"]),
        "gpus": claimed_gpus(container),
    }


def running_container(engine: Engine, name: str) -> dict[str, Any]:
    """Return the container; raise ClusterError where it does not run."""
    container = engine.container(name)
    if container is None or container["State"]["Status"] != "running":
        state = "absent" if container is None else container["State"]["Status"]
        raise ClusterError(
            f"A job runs only in a running container, and {name} is {state}. See docker logs {name}, and run the "
            "role trainer_launch to bring the container up."
        )
    return container


def network_interface(container: Mapping[str, Any], network: str) -> str:
    """Return the container's interface in the network, by the container's routing table; raise ClusterError."""
    networks = container["NetworkSettings"]["Networks"]
    address = networks.get(network, {}).get("IPAddress")
    if not address:
        raise ClusterError(
            f"Container {container['Name'].lstrip('/')} has no address on network {network}; it is on "
            f"{', '.join(sorted(networks)) or 'none'}. Run the role trainer_launch to put it there."
        )
    routes = Path(f"/proc/{container['State']['Pid']}/net/route").read_text(encoding="ascii")
    return interface_of(address, routes)
