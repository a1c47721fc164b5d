# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start the containers of an overlay network that the engine has left down, and restart those with a double address.

    heal.py --network NAME [--interval SECONDS]

There are two kinds left down, and neither counts as an exit for the restart policy, so that both stay down for good:
- While the engine starts, it tries a container once, for 20 seconds, and gives up if the swarm is not ready by then.
- An engine that was killed finds its containers still running, stops them, and takes them for stopped by somebody.

Nothing else is touched: no container that somebody stopped, that has another error, or that is on other networks only;
no swarm, no network, no engine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent))
from distrain_doubles import Double, Patience, doubles

# An engine answers the start of a container after it has waited 20 seconds for the swarm.
ANSWER_TIMEOUT_SECONDS = 60
LONGEST_PAUSE_SECONDS = 20
STOP_SECONDS = 5
RESTART_POLICIES = ("always", "unless-stopped")
# "dead" is a container that could not be removed.
DOWN = ("created", "exited")
ENGINE_UNIT = "docker.service"
ENGINE_SOCKET = "/run/docker.sock"
NETWORK_ERROR = re.compile(r"\b(attach|attaching|endpoint|network|networking|sandbox|swarm)\b", re.IGNORECASE)

Ask = Callable[..., Any]
Say = Callable[[str], None]


class EngineError(Exception):
    """The engine refused a call, or did not answer it."""


@dataclass(frozen=True)
class Container:
    """What the decision depends on."""

    id: str
    name: str
    status: str
    error: str
    policy: str
    started: float
    finished: float

    @classmethod
    def from_inspect(cls, content: Mapping[str, Any]) -> Container:
        state = content["State"]
        return cls(
            id=content["Id"],
            name=content["Name"].lstrip("/"),
            status=state["Status"],
            error=state.get("Error") or "",
            policy=content["HostConfig"]["RestartPolicy"]["Name"],
            started=seconds(state.get("StartedAt", "")),
            finished=seconds(state.get("FinishedAt", "")),
        )


@dataclass(frozen=True)
class Absence:
    """From when the engine was last there to when it was there again, in seconds since 1970."""

    begin: float
    end: float


def reason_to_start(container: Container, absence: Absence | None) -> str:
    """Why the engine left it down, or nothing where it was not the engine.

    Only a start that fails leaves an error behind, and the next start that succeeds takes it away: a container that
    somebody stopped, or whose program ended, has none. And nobody can stop a container while no engine is there.
    """
    if container.status not in DOWN or container.policy not in RESTART_POLICIES or container.started <= 0:
        return ""
    if container.error:
        return container.error if NETWORK_ERROR.search(container.error) else ""
    if absence and absence.begin <= container.finished <= absence.end:
        return "it was stopped while the engine was starting after its own end"
    return ""


def seconds(time_of_engine: str) -> float:
    """Seconds since 1970 of a time like 2026-11-24T22:08:44.262765309Z; 0 for what is no such time."""
    whole, _dot, fraction = time_of_engine.removesuffix("Z").partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        return moment.timestamp() + float(f"0.{fraction or 0}")
    except ValueError:
        return 0.0


def absence_of_engine(properties: str, now: float, monotonic: float) -> Absence | None:
    """The last absence of the engine, from what systemd shows of its unit; none since this host has started."""
    shown = dict(line.split("=", 1) for line in properties.splitlines() if "=" in line)
    left, entered = (int(shown.get(f"Active{one}TimestampMonotonic") or 0) / 1e6 for one in ("Exit", "Enter"))
    if not 0 < left < entered:
        return None
    return Absence(now - monotonic + left, now - monotonic + entered)


def is_on(network: str, listed: Mapping[str, Any]) -> bool:
    """Whether a container of the engine's list belongs to the network, by name: a worker may have forgotten its ID."""
    return network in ((listed.get("NetworkSettings") or {}).get("Networks") or {}) or (
        (listed.get("HostConfig") or {}).get("NetworkMode") == network
    )


@dataclass
class Pauses:
    """How long to leave each container alone after a start that failed: twice as long each time."""

    interval: float
    _until: dict[str, tuple[float, float]] = field(default_factory=dict)

    def is_over(self, container_id: str, now: float) -> bool:
        return now >= self._until.get(container_id, (0.0, 0.0))[0]

    def lengthen(self, container_id: str, now: float) -> None:
        length = min(2 * self._until.get(container_id, (0.0, self.interval / 2))[1], LONGEST_PAUSE_SECONDS)
        self._until[container_id] = (now + length, length)

    def keep(self, container_ids: Sequence[str]) -> None:
        self._until = {one: pause for one, pause in self._until.items() if one in container_ids}


class Healer:
    """One look at the engine at a time, and what it says changes only when something did."""

    def __init__(self, ask: Ask, say: Say, network: str, interval: float, absence: Absence | None = None) -> None:
        self._ask = ask
        self._say = say
        self._network = network
        self._absence = absence
        self._pauses = Pauses(interval)
        self._patience = Patience()
        self._trouble = ""

    def look(self, now: float) -> None:
        try:
            trouble = self._heal(now) or self._part(now)
        except EngineError as error:
            trouble = f"The engine does not answer: {error}"
        if trouble != self._trouble:
            self._say(trouble or "The swarm is ready again.")
            self._trouble = trouble

    def _heal(self, now: float) -> str:
        """Start what gave up, or return why that has to wait."""
        down = [(one, reason_to_start(one, self._absence)) for one in self._containers_that_are_down()]
        left = [(container, reason) for container, reason in down if reason]
        self._pauses.keep([container.id for container, _reason in left])
        if not left:
            return ""
        wait = self._reason_to_wait()
        if wait:
            names = ", ".join(sorted(container.name for container, _reason in left))
            return f"{names} must wait: {wait}"
        for container, reason in left:
            if self._pauses.is_over(container.id, now):
                self._start(container, reason, now)
        return ""

    def _reason_to_wait(self) -> str:
        swarm = self._ask("GET", "/info").get("Swarm") or {}
        state = swarm.get("LocalNodeState") or "inactive"
        return "" if state == "active" else f"the swarm is {state} ({swarm.get('Error') or 'no manager answers yet'})."

    def _part(self, now: float) -> str:
        """Restart one container at most whose address a container of another host has too."""
        for double, seen_for in self._patience.seen_for(now, self._doubles()).items():
            container = self._inspect(double.container_id)
            if not container or container.status != "running" or container.policy not in RESTART_POLICIES:
                continue
            if double.is_due(seen_for, time.time() - container.started) and self._patience.allows(container.id, now):
                wait = self._reason_to_wait()
                if wait:
                    return f"{container.name} has a double address: {wait}"
                self._patience.restarted(container.id, now)
                self._restart(container, double)
                break
        return ""

    def _doubles(self) -> list[Double]:
        try:
            return doubles(self._ask("GET", f"/networks/{self._network}?verbose=true"))
        except EngineError:
            return []  # A worker knows the network only while it has a container on it.

    def _containers_that_are_down(self) -> list[Container]:
        filters = json.dumps({"status": list(DOWN)}, separators=(",", ":"))
        listed = self._ask("GET", f"/containers/json?all=1&filters={quote(filters)}")
        inspected = [self._inspect(one["Id"]) for one in listed if is_on(self._network, one)]
        return [container for container in inspected if container]

    def _inspect(self, container_id: str) -> Container | None:
        try:
            return Container.from_inspect(self._ask("GET", f"/containers/{container_id}/json"))
        except EngineError:
            return None  # Somebody has removed it since it was listed.

    def _start(self, container: Container, reason: str, now: float) -> None:
        try:
            self._ask("POST", f"/containers/{container.id}/start")
        except EngineError as error:
            self._pauses.lengthen(container.id, now)
            self._say(f"{container.name} could not be started: {error}")
        else:
            self._say(f"Started {container.name}, which the engine had left down: {reason}")

    def _restart(self, container: Container, double: Double) -> None:
        # In one call: nothing is left half done where this service ends meanwhile.
        try:
            self._ask("POST", f"/containers/{container.id}/restart?t={STOP_SECONDS}")
        except EngineError as error:
            self._say(f"{container.name} with the address of {double.other} did not restart: {error}")
        else:
            self._say(f"Restarted {container.name}, whose address {double.own.address} {double.other} had too.")


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask_socket(path: str) -> Ask:
    def ask(method: str, url: str) -> Any:
        connection = _SocketConnection(path)
        try:
            connection.request(method, url)
            response = connection.getresponse()
            body = response.read()
            content = json.loads(body) if body else {}
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise EngineError(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise EngineError(content.get("message", f"HTTP status {response.status}"))
        return content

    return ask


def ask_systemd() -> str:
    names = ",".join(f"Active{one}TimestampMonotonic" for one in ("Exit", "Enter"))
    command = ["/usr/bin/systemctl", "show", f"--property={names}", ENGINE_UNIT]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=30).stdout


def say(line: str) -> None:
    sys.stdout.write(" ".join(line.split()) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", required=True)
    parser.add_argument("--interval", type=float, default=5)
    arguments = parser.parse_args()
    # Once is enough: this service comes and goes with the engine.
    absence = absence_of_engine(ask_systemd(), time.time(), time.monotonic())
    healer = Healer(ask_socket(ENGINE_SOCKET), say, arguments.network, arguments.interval, absence)
    while True:
        healer.look(time.monotonic())
        time.sleep(arguments.interval)


if __name__ == "__main__":
    main()
