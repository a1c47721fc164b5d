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
import json
import re
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
from distrain_doubles import Double, DoubleHistory, doubles
from distrain_engine_client import EngineClient

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

Call = Callable[..., Any]
Report = Callable[[str], None]


@dataclass(frozen=True)
class Container:
    """The properties of a container on which the decision depends."""

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
    """The last time without an engine, in seconds since 1970."""

    begin: float
    end: float


def reason_to_start(container: Container, absence: Absence | None) -> str:
    """Return why the engine left it down, or an empty string where it was not the engine.

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
    """Return the last absence of the engine by the properties of its unit; None where it has not stopped since boot."""
    shown = dict(line.split("=", 1) for line in properties.splitlines() if "=" in line)
    left, entered = (int(shown.get(f"Active{one}TimestampMonotonic") or 0) / 1e6 for one in ("Exit", "Enter"))
    if not 0 < left < entered:
        return None
    return Absence(now - monotonic + left, now - monotonic + entered)


def is_on(network: str, listed: Mapping[str, Any]) -> bool:
    """Return whether a listed container belongs to the network, by name: a worker may have forgotten its ID."""
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
    """Repair what one check of the engine at a time finds; report a reason to wait only when it changes."""

    def __init__(
        self, call: Call, report: Report, network: str, interval: float, absence: Absence | None = None
    ) -> None:
        self._call = call
        self._report = report
        self._network = network
        self._absence = absence
        self._pauses = Pauses(interval)
        self._history = DoubleHistory()
        self._trouble = ""

    def check(self, now: float) -> None:
        try:
            trouble = self._heal(now) or self._separate_double(now)
        except OSError as error:
            trouble = f"The engine does not answer: {error}"
        if trouble != self._trouble:
            self._report(trouble or "The swarm is ready again.")
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
        swarm = self._call("GET", "/info").get("Swarm") or {}
        state = swarm.get("LocalNodeState") or "inactive"
        return "" if state == "active" else f"the swarm is {state} ({swarm.get('Error') or 'no manager answers yet'})."

    def _separate_double(self, now: float) -> str:
        """Restart one container at most whose address a container of another host has too."""
        for double, seen_for in self._history.seen_for(now, self._doubles()).items():
            container = self._inspect(double.container_id)
            if not container or container.status != "running" or container.policy not in RESTART_POLICIES:
                continue
            if double.is_due(seen_for, time.time() - container.started) and self._history.may_restart(
                container.id, now
            ):
                wait = self._reason_to_wait()
                if wait:
                    return f"{container.name} has a double address: {wait}"
                self._history.note_restart(container.id, now)
                self._restart(container, double)
                break
        return ""

    def _doubles(self) -> list[Double]:
        try:
            return doubles(self._call("GET", f"/networks/{self._network}?verbose=true"))
        except OSError:
            return []  # A worker knows the network only while it has a container on it.

    def _containers_that_are_down(self) -> list[Container]:
        filters = json.dumps({"status": list(DOWN)}, separators=(",", ":"))
        listed = self._call("GET", f"/containers/json?all=1&filters={quote(filters)}")
        inspected = [self._inspect(one["Id"]) for one in listed if is_on(self._network, one)]
        return [container for container in inspected if container]

    def _inspect(self, container_id: str) -> Container | None:
        try:
            return Container.from_inspect(self._call("GET", f"/containers/{container_id}/json"))
        except OSError:
            return None  # Somebody has removed it since it was listed.

    def _start(self, container: Container, reason: str, now: float) -> None:
        try:
            self._call("POST", f"/containers/{container.id}/start")
        except OSError as error:
            self._pauses.lengthen(container.id, now)
            self._report(f"{container.name} could not be started: {error}")
        else:
            self._report(f"Started {container.name}, which the engine had left down: {reason}")

    def _restart(self, container: Container, double: Double) -> None:
        # In one call: nothing is left half done where this service ends meanwhile.
        try:
            self._call("POST", f"/containers/{container.id}/restart?t={STOP_SECONDS}")
        except OSError as error:
            self._report(f"{container.name} with the address of {double.other} did not restart: {error}")
        else:
            self._report(f"Restarted {container.name}, whose address {double.own.address} {double.other} had too.")


def unit_properties() -> str:
    names = ",".join(f"Active{one}TimestampMonotonic" for one in ("Exit", "Enter"))
    command = ["/usr/bin/systemctl", "show", f"--property={names}", ENGINE_UNIT]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=30).stdout


def report(line: str) -> None:
    sys.stdout.write(" ".join(line.split()) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", required=True)
    parser.add_argument("--interval", type=float, default=5)
    arguments = parser.parse_args()
    # Once is enough: systemd starts and stops this service with the engine.
    absence = absence_of_engine(unit_properties(), time.time(), time.monotonic())
    engine = EngineClient(ENGINE_SOCKET, ANSWER_TIMEOUT_SECONDS)
    healer = Healer(engine.call, report, arguments.network, arguments.interval, absence)
    while True:
        healer.check(time.monotonic())
        time.sleep(arguments.interval)


if __name__ == "__main__":
    main()
