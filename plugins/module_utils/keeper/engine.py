# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper's agent does at the engine, by its socket and the command docker."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..base.command import run_command
from ..base.errors import ClusterError, EngineError
from ..engine.client import CallError, EngineClient
from ..engine.exec import run_exec
from ..engine.socket import DEFAULT_DOCKER_HOST, EngineSocket

SOCKET = DEFAULT_DOCKER_HOST.removeprefix("unix://")
_ANSWER_SECONDS = 60.0
_COMPOSE_SECONDS = 180.0
_LOOKUP_SECONDS = 20.0
_LOOKUP_PAUSE = 2.0
_LOOKUPS = 10


class JobEngine:
    """The verbs that the start of a job needs, without Docker's SDK."""

    def container(self, name: str) -> dict[str, Any] | None:
        return EngineSocket(timeout=_ANSWER_SECONDS).container(name)

    def start_exec(
        self, container: str, argv: Sequence[str], environment: Mapping[str, str], working_directory: str | None
    ) -> str:
        """Start a command inside a running container, do not wait for it, and return the ID of the exec."""
        client = EngineClient(SOCKET, _ANSWER_SECONDS)
        wanted: dict[str, Any] = {
            "Cmd": list(argv),
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "AttachStdout": False,
            "AttachStderr": False,
        }
        if working_directory:
            wanted["WorkingDir"] = working_directory
        try:
            created = client.call("POST", f"/containers/{quote(container, safe='')}/exec", wanted)
            client.read("POST", f"/exec/{created['Id']}/start", {"Detach": True, "Tty": False})
            return str(created["Id"])
        except CallError as error:
            raise EngineError(str(error), status=error.status) from error
        except OSError as error:
            raise EngineError(f"The call to the engine did not come to its end: {error}") from error


def bring_up(container: str, project: str, compose_file: str) -> bool:
    """Start the trainer's container by its compose file where it does not run; return whether that was necessary.

    Raise ClusterError where it cannot be started.
    """
    found = JobEngine().container(container)
    if found is not None and found["State"]["Status"] == "running":
        return False
    options = ["--detach", "--pull", "never", "--no-build", "--remove-orphans"]
    command = ["docker", "compose", "--project-name", project, "--file", compose_file, "up", *options]
    ended = run_command(command, _COMPOSE_SECONDS)
    if ended.rc != 0:
        said = " ".join(ended.stderr.split()[-60:])
        raise ClusterError(
            f"Container {container} does not run and could not be started from {Path(compose_file)}: {said}"
        )
    return True


def look_up(container: str, name: str) -> None:
    """Look the first trainer up by its name; raise ClusterError where the container does not find it."""
    for _number in range(_LOOKUPS):
        try:
            code, said = run_exec(SOCKET, container, ["getent", "hosts", name], _LOOKUP_SECONDS)
        except EngineError as error:
            code, said = None, error.message
        if code == 0:
            return
        time.sleep(_LOOKUP_PAUSE)
    raise ClusterError(
        f"Container {container} cannot find {name} on the network of the trainers ({said.strip() or 'no answer'}). See "
        "that ports 7946/tcp, 7946/udp and 4789/udp (or swarm_data_path_port) are open between the hosts, and run "
        "playbooks/swarm.yml."
    )
